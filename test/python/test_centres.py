"""Tests of the nearest of centres that are fractions, natively and by numpy."""

import gc
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from fanfleet.centres import MOST_COUNT, MOST_VALUES, prepare
from fanfleet.kernels import KernelUnavailable, why_not_native
from fanfleet.native_library import NativeLibrary, library_path
from fanfleet.nearest import MOST_LENGTH

KINDS = ["portable", *([] if why_not_native() else ["native"])]
NATIVE = pytest.mark.skipif(why_not_native() is not None, reason="the native kernel was not built")


def slow(centres, vectors):
    """One fraction after the other."""
    labels = []
    counts, squares = [0] * len(centres), [0] * len(centres)
    sums = [[0] * len(sums) for _, sums in centres]
    for vector in vectors.tolist():
        distances = [
            Fraction(sum((value * count - own) ** 2 for value, own in zip(vector, sums, strict=True)), count * count)
            for count, sums in centres
        ]
        label = distances.index(min(distances))
        labels.append(label)
        counts[label] += 1
        squares[label] += sum(value * value for value in vector)
        sums[label] = [total + value for total, value in zip(sums[label], vector, strict=True)]
    return labels, counts, squares, sums


def found(kind, centres, vectors):
    assigned = prepare(centres, vectors.shape[1], kind).assign(vectors)
    assert assigned.labels.dtype == np.uint32
    return assigned.labels.tolist(), assigned.counts, assigned.squares, assigned.sums


def some_centres(random, count, length, most_count, most):
    """Of up to `most_count` vectors with values of up to `most`; every other one has whole numbers."""
    centres = []
    for at in range(count):
        own = int(random.integers(1, most_count, endpoint=True))
        if at % 2 == 0:
            sums = random.integers(0, own * most, length, endpoint=True).tolist()
        else:
            sums = [own * value for value in random.integers(0, most, length, endpoint=True).tolist()]
        centres.append((own, sums))
    return centres


@pytest.mark.parametrize("kind", KINDS)
class TestCentres:
    def test_are_those_of_one_fraction_after_the_other(self, kind):
        random = np.random.default_rng(1)
        lengths = [1, 2, 3, 5, 31, 63, 64, 65, 66, 192, 300]
        for trial in range(120):
            length, count = lengths[trial % len(lengths)], int(random.integers(1, 41))
            most_count = [1, 3, MOST_COUNT - 1, MOST_COUNT][trial % 4]
            most = [255, 1, 7][trial % 3]
            centres = some_centres(random, count, length, most_count, most)
            vectors = random.integers(0, most + 1, (int(random.integers(0, 30)), length), dtype=np.uint8)
            assert found(kind, centres, vectors) == slow(centres, vectors), (trial, count, length)

    def test_centres_on_both_sides_of_a_vector_are_told_apart_by_the_least_that_there_is(self, kind):
        random = np.random.default_rng(2)
        count = MOST_COUNT - 1
        for length in (1, 3, 64, 192, 2352):
            vector = random.integers(0, 256, (1, length), dtype=np.uint8)
            room = np.minimum(vector[0], 255 - vector[0]).astype(np.int64) * count
            offsets = random.integers(0, room, endpoint=True)
            above, below = [(count, (vector[0] * np.int64(count) + side * offsets).tolist()) for side in (1, -1)]
            assert found(kind, [above, below], vector)[0] == [0]
            assert found(kind, [below, above], vector)[0] == [0]
            at = int(offsets.argmax())
            nearer = (count, [*above[1][:at], above[1][at] - 1, *above[1][at + 1 :]])
            assert found(kind, [below, nearer, above], vector)[0] == ([1] if offsets[at] else [0])

    def test_equal_centres_of_other_counts_are_ties(self, kind):
        centres = [(count, [3 * count, 250 * count]) for count in (3, 1, MOST_COUNT, 7)]
        vectors = np.random.default_rng(3).integers(0, 256, (50, 2), dtype=np.uint8)
        assert found(kind, centres, vectors)[1] == [50, 0, 0, 0]

    def test_longest_vectors_and_greatest_sums_are_exact(self, kind):
        centres = [(MOST_COUNT, [value * MOST_COUNT] * MOST_LENGTH) for value in (0, 255)]
        vectors = np.array([[255], [0], [254]], np.uint8).repeat(MOST_LENGTH, axis=1)
        squares = [0, MOST_LENGTH * (255**2 + 254**2)]
        expected = ([1, 0, 1], [1, 2], squares, [[0] * MOST_LENGTH, [509] * MOST_LENGTH])
        assert found(kind, centres, vectors) == expected

    def test_many_centres_and_many_vectors_are_cut_where_nobody_sees_it(self, kind):
        random = np.random.default_rng(4)
        centres = some_centres(random, 3, 2, MOST_COUNT, 255)
        vectors = random.integers(0, 256, (50_000, 2), dtype=np.uint8)
        labels, counts, squares, sums = found(kind, centres, vectors)
        few = slow(centres, vectors[:300])
        assert labels[:300] == few[0]
        for label in range(3):
            own = vectors[np.array(labels) == label].astype(np.int64)
            assert (counts[label], squares[label]) == (len(own), int((own * own).sum()))
            assert sums[label] == own.sum(axis=0).tolist()
        count = MOST_VALUES // 16
        centres = [(count, [255 * at] * 16) for at in range(count)]
        expected = [round(value * count / 255) for value in (0, 1, 128)]
        assert found(kind, centres, np.array([[0] * 16, [1] * 16, [128] * 16], np.uint8))[0] == expected

    def test_strided_views_are_taken(self, kind):
        wide = np.random.default_rng(5).integers(0, 256, (60, 40), dtype=np.uint8)
        centres = some_centres(np.random.default_rng(6), 5, 14, 9, 255)
        assert found(kind, centres, wide[::2, ::3]) == slow(centres, wide[::2, ::3])

    def test_threads_may_ask_at_once(self, kind):
        random = np.random.default_rng(7)
        prepared = prepare(some_centres(random, 20, 30, 1000, 255), 30, kind)
        asked = [random.integers(0, 256, (200, 30), dtype=np.uint8) for _ in range(16)]
        alone = [prepared.assign(vectors).labels for vectors in asked]
        with ThreadPoolExecutor(4) as pool:
            together = list(pool.map(lambda vectors: prepared.assign(vectors).labels, asked))
        assert np.array_equal(alone, together)

    def test_what_does_not_fit_is_refused(self, kind):
        one = (1, [1])
        for centres, length, what in (
            ([], 1, "one or more centres"),
            ([one], 0, "vectors of 1 to 66051 bytes but got 0"),
            ([one], MOST_LENGTH + 1, "vectors of 1 to"),
            ([one], 2, "centre 0 to have 2 sums but got 1"),
            ([one, (0, [0])], 1, "centre 1 to be the mean of 1 to 2\\^31 vectors but got 0"),
            ([(MOST_COUNT + 1, [0])], 1, "2\\^31 vectors"),
            ([(3, [766])], 1, "sums of 3 bytes, 0 to 765, but got 766"),
            ([(3, [-1])], 1, "but got -1"),
            ([one] * (MOST_VALUES // 64 + 1), 64, "1048576 values in all"),
        ):
            with pytest.raises(ValueError, match=what):
                prepare(centres, length, kind)
        prepared = prepare([(2, [0, 510, 3]), (1, [0, 0, 0])], 3, kind)
        assert prepared.shape == (2, 3)
        assert prepared.name == {"portable": "numpy", "native": "native"}[kind]
        for vectors in (np.zeros((1, 2), np.uint8), np.zeros(3, np.uint8), np.zeros((1, 3)), b"abc"):
            with pytest.raises(ValueError, match=r"`vectors` to be an array of uint8 of the shape \(n, 3\)"):
                prepared.assign(vectors)


def test_without_the_library_it_is_numpy_and_asking_for_native_says_what_to_do():
    nowhere = Path("/nowhere/kernel.node")
    assert prepare([(1, [1])], 1, "auto", nowhere).name == "numpy"
    with pytest.raises(KernelUnavailable, match=r"npm run build:native"):
        prepare([(1, [1])], 1, "native", nowhere)


@NATIVE
class TestNative:
    def test_the_interpreter_goes_on_while_it_assigns(self, monkeypatch):
        random = np.random.default_rng(8)
        prepared = prepare(some_centres(random, 500, 784, 9, 255), 784, "native")
        vectors = random.integers(0, 256, (50_000, 784), dtype=np.uint8)
        during = []
        call = NativeLibrary.assign_to_centres

        def assigned(*arguments):
            began = time.perf_counter()
            call(*arguments)
            during.extend((began, time.perf_counter()))

        monkeypatch.setattr(NativeLibrary, "assign_to_centres", assigned)
        worker = threading.Thread(target=prepared.assign, args=(vectors,))
        worker.start()
        ticks = []
        while worker.is_alive():
            ticks.append(time.perf_counter())
            time.sleep(0.001)
        # With the lock there is one at most, right before the call.
        began, ended = during
        assert sum(began < tick < ended for tick in ticks) > 5

    def test_centres_are_freed_once_with_their_owner(self, monkeypatch):
        released = []
        release = NativeLibrary.release_centres
        monkeypatch.setattr(NativeLibrary, "release_centres", lambda self, at: (released.append(at), release(self, at)))
        prepared = prepare([(1, [1, 2])], 2, "native")
        at = prepared._finder._centres
        del prepared
        gc.collect()
        assert released == [at]

    def test_the_library_itself_refuses_what_does_not_fit(self):
        library = NativeLibrary(library_path())
        numbers = np.array([1, 256], np.int64)
        with pytest.raises(ValueError, match="1 of 1 values"):
            library.prepare_centres(numbers.ctypes.data, 1, 1)
