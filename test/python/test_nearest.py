"""Tests of the nearest of a training set, natively and by numpy."""

import gc
import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from fanfleet.kernels import KernelUnavailable, why_not_native
from fanfleet.native_library import NativeLibrary, library_path
from fanfleet.nearest import MOST_LENGTH, find, nearest, prepare

KINDS = ["portable", *([] if why_not_native() else ["native"])]
NATIVE = pytest.mark.skipif(why_not_native() is not None, reason="the native kernel was not built")


def slow(training, queries, k):
    """One distance after the other."""
    rows = []
    for query in queries:
        differences = training.astype(object) - query.astype(object)
        distances = [int((row * row).sum()) for row in differences]
        rows.append(sorted(zip(distances, range(len(training)), strict=True))[:k])
    return [[index for _, index in row] for row in rows], [[distance for distance, _ in row] for row in rows]


def found(kind, training, queries, k):
    indices, distances = nearest(training, queries, k, kind)
    assert indices.dtype == distances.dtype == np.uint32
    return indices.tolist(), distances.tolist()


@pytest.mark.parametrize("kind", KINDS)
class TestNearest:
    def test_are_those_of_one_distance_after_the_other(self, kind):
        random = np.random.default_rng(1)
        for trial in range(120):
            count, length, queries = random.integers(1, 80), random.integers(1, 50), random.integers(0, 15)
            values = [np.arange(256), np.arange(2), np.array([0, 255]), np.array([7])][trial % 4].astype(np.uint8)
            training = random.choice(values, (count, length))
            asked = random.choice(values, (queries, length))
            k = int(random.integers(1, 100))
            assert found(kind, training, asked, k) == slow(training, asked, k), (trial, count, length, k)

    def test_ties_across_blocks_are_in_the_order_of_indices(self, kind):
        training = np.tile(np.arange(3, dtype=np.uint8)[:, None], (3_500, 2))
        indices, distances = found(kind, training, np.full((300, 2), 1, np.uint8), 4_000)
        ones, others = list(range(1, 10_500, 3)), [at for at in range(10_500) if at % 3 != 1]
        assert indices == [(ones + others)[:4_000]] * 300
        assert distances == [[0] * 3_500 + [2] * 500] * 300

    def test_longest_vectors_and_greatest_distances_are_exact(self, kind):
        training = np.array([[255], [0], [254], [127]], np.uint8).repeat(MOST_LENGTH, axis=1)
        training[2, 0] = 253
        queries = np.zeros((1, MOST_LENGTH), np.uint8)
        assert found(kind, training, queries, 9) == slow(training, queries, 9)

    def test_strided_views_are_taken(self, kind):
        random = np.random.default_rng(2)
        wide = random.integers(0, 256, (60, 40), dtype=np.uint8)
        training, queries = wide[::2, ::3], wide[1:9, 1::3][:, :14]
        training = training[:, : queries.shape[1]]
        queries = queries[:, : training.shape[1]]
        assert found(kind, training, queries, 3) == slow(training, queries, 3)

    def test_threads_may_ask_at_once(self, kind):
        random = np.random.default_rng(3)
        prepared = prepare(random.integers(0, 256, (500, 30), dtype=np.uint8), kind)
        asked = [random.integers(0, 256, (20, 30), dtype=np.uint8) for _ in range(16)]
        alone = [find(prepared, queries, 5) for queries in asked]
        with ThreadPoolExecutor(4) as pool:
            together = list(pool.map(lambda queries: find(prepared, queries, 5), asked))
        assert np.array_equal(alone, together)

    def test_what_does_not_fit_is_refused(self, kind):
        def bytes_of(*shape):
            return np.zeros(shape, np.uint8)

        unfit = (bytes_of(0, 3), bytes_of(3, 0), bytes_of(1, MOST_LENGTH + 1), bytes_of(5), np.zeros((2, 2)), b"x")
        for training in unfit:
            with pytest.raises(ValueError, match=r"Expected (training vectors|`training`)"):
                prepare(training, kind)
        prepared = prepare(bytes_of(4, 3), kind)
        assert prepared.shape == (4, 3)
        assert prepared.name == {"portable": "numpy", "native": "native"}[kind]
        with pytest.raises(ValueError, match="`queries` of 3 bytes but got 2"):
            find(prepared, bytes_of(1, 2), 1)
        with pytest.raises(ValueError, match="`k` from 1 on but got 0"):
            find(prepared, bytes_of(1, 3), 0)


def test_without_the_library_it_is_numpy_and_asking_for_native_says_what_to_do():
    nowhere = Path("/nowhere/kernel.node")
    training = np.zeros((1, 1), np.uint8)
    assert prepare(training, "auto", nowhere).name == "numpy"
    with pytest.raises(KernelUnavailable, match=r"npm run build:native"):
        prepare(training, "native", nowhere)


@NATIVE
class TestNative:
    def test_the_interpreter_goes_on_while_it_searches(self, monkeypatch):
        random = np.random.default_rng(4)
        prepared = prepare(random.integers(0, 256, (20_000, 784), dtype=np.uint8), "native")
        queries = random.integers(0, 256, (2_000, 784), dtype=np.uint8)
        during = []
        call = NativeLibrary.find_nearest

        def searched(*arguments):
            began = time.perf_counter()
            call(*arguments)
            during.extend((began, time.perf_counter()))

        monkeypatch.setattr(NativeLibrary, "find_nearest", searched)
        worker = threading.Thread(target=find, args=(prepared, queries, 5))
        worker.start()
        ticks = []
        while worker.is_alive():
            ticks.append(time.perf_counter())
            time.sleep(0.001)
        # With the lock there is one at most, right before the call.
        began, ended = during
        assert sum(began < tick < ended for tick in ticks) > 5

    def test_a_training_set_is_freed_once_with_its_owner(self, monkeypatch):
        released = []
        release = NativeLibrary.release_nearest
        monkeypatch.setattr(NativeLibrary, "release_nearest", lambda self, at: (released.append(at), release(self, at)))
        prepared = prepare(np.ones((3, 3), np.uint8), "native")
        at = prepared._training
        del prepared
        gc.collect()
        assert released == [at]

    def test_the_library_itself_refuses_vectors_that_are_too_long(self):
        vectors = np.zeros(MOST_LENGTH + 1, np.uint8)
        with pytest.raises(ValueError, match=re.escape(f"1 of {MOST_LENGTH + 1} bytes")):
            NativeLibrary(library_path()).prepare_nearest(vectors.ctypes.data, 1, MOST_LENGTH + 1)
