"""Tests of the files that every worker of a run needs."""

import gc
import hashlib
import json
import threading
import time
import weakref
from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.exceptions import IncompleteReadError
from fanfleet.inputs import InputDamaged, Inputs, InputStore
from memory_bucket import Bucket


class Counted(Bucket):
    """Keeps the keys that were asked for, and breaks the first bodies of one as often as is said."""

    def __init__(self):
        super().__init__()
        self.asked = []
        self.broken = {}

    def get_object(self, Bucket, Key, **options):
        with self.lock:
            self.asked.append(Key)
            breaks = self.broken.get(Key, 0) > 0
            self.broken[Key] = self.broken.get(Key, 0) - 1
        answer = super().get_object(Bucket, Key, **options)
        if breaks:
            answer["Body"] = Broken()
        return answer


class Made:
    """What can be watched as it goes."""


class Broken:
    def read(self):
        raise IncompleteReadError(actual_bytes=1, expected_bytes=2)


def put_run(bucket, run, body, name="training"):
    """A run whose one input has these bytes."""
    key = f"runs/{run}/inputs/{name}.bin"
    bucket.objects[key] = body
    place = {"key": key, "sha256": hashlib.sha256(body).hexdigest(), "bytes": len(body)}
    bucket.objects[f"runs/{run}/inputs.json"] = json.dumps({name: place, "notes": []}).encode()
    return key


def inputs_of(bucket, run, store):
    return Inputs(bucket, f"s3://state/runs/{run}/manifest.json", store)


class TestInputs:
    @pytest.fixture(autouse=True)
    def start(self):
        self.bucket, self.store = Counted(), InputStore(most_bytes=100)

    def get(self, run, make=bytes.upper, form="upper"):
        return inputs_of(self.bucket, run, self.store).get("training", form, make)

    def test_a_file_is_fetched_and_made_once_for_all_batches_of_a_run(self):
        key = put_run(self.bucket, "a", b"abc")
        made = self.get("a")
        assert made == b"ABC"
        assert self.get("a", make=None) is made
        assert self.bucket.asked == ["runs/a/inputs.json", key]

    def test_nothing_is_asked_for_where_no_file_is_needed(self):
        inputs_of(self.bucket, "a", self.store)
        assert self.bucket.asked == []

    def test_a_later_run_finds_what_was_made_of_the_same_bytes(self):
        put_run(self.bucket, "a", b"abc")
        put_run(self.bucket, "b", b"abc")
        key = put_run(self.bucket, "c", b"other")
        made = self.get("a")
        assert self.get("b", make=None) is made
        assert self.get("c") == b"OTHER"
        assert self.bucket.asked[2:] == ["runs/b/inputs.json", "runs/c/inputs.json", key]

    def test_each_form_is_made_of_its_own(self):
        put_run(self.bucket, "a", b"abc")
        assert (self.get("a"), self.get("a", len, "length"), self.get("a", None)) == (b"ABC", 3, b"ABC")

    def test_bytes_that_are_not_those_that_were_prepared_are_refused_and_not_kept(self):
        key = put_run(self.bucket, "a", b"abc")
        self.bucket.objects[key] = b"abd"
        refused = rf"^\[INPUT_DAMAGED\] Expected 3 bytes with the SHA-256 \w+ at s3://state/{key} but got 3"
        with pytest.raises(InputDamaged, match=refused):
            self.get("a", make=None)
        self.bucket.objects[key] = b"abc"
        assert self.get("a") == b"ABC"

    def test_a_body_that_breaks_is_fetched_again_a_few_times(self):
        key = put_run(self.bucket, "a", b"abc")
        self.bucket.broken[key] = 3
        assert self.get("a") == b"ABC"
        key = put_run(self.bucket, "b", b"b")
        self.bucket.broken[key] = 4
        with pytest.raises(IncompleteReadError):
            self.get("b")
        assert self.get("b") == b"B"

    def test_so_are_the_places_of_files(self):
        put_run(self.bucket, "a", b"abc")
        self.bucket.broken["runs/a/inputs.json"] = 3
        assert self.get("a") == b"ABC"

    def test_a_file_that_the_run_has_not_is_named(self):
        put_run(self.bucket, "a", b"abc", "other")
        with pytest.raises(KeyError, match="training"):
            self.get("a")

    def test_of_files_by_their_place_that_made_longest_ago_goes_where_there_is_too_much(self):
        places = {}
        for run, size in {"a": 40, "b": 40, "c": 40, "large": 101}.items():
            put_run(self.bucket, run, run[0].encode() * size)
            places[run] = json.loads(self.bucket.objects[f"runs/{run}/inputs.json"])["training"]

        def fetched(*runs):
            self.bucket.asked.clear()
            for run in runs:
                self.store.get_file(self.bucket, "state", places[run], "upper", bytes.upper)
            return [key.split("/")[1] for key in self.bucket.asked]

        assert fetched("a", "b", "a", "c") == ["a", "b", "c"]
        assert fetched("a") == []
        assert fetched("b") == ["b"]
        assert fetched("large", "large") == ["large"]

    def test_all_files_of_a_run_are_kept_whatever_they_have(self):
        put_run(self.bucket, "a", b"m" * 200, "model")
        model = json.loads(self.bucket.objects["runs/a/inputs.json"])
        put_run(self.bucket, "a", b"l" * 90, "labels")
        both = json.loads(self.bucket.objects["runs/a/inputs.json"]) | model
        self.bucket.objects["runs/a/inputs.json"] = json.dumps(both).encode()
        inputs = inputs_of(self.bucket, "a", self.store)
        for _ in range(3):
            for name in ("labels", "model"):
                inputs.get(name, "upper", bytes.upper)
        assert len(self.bucket.asked) == 3

    def test_files_that_only_runs_before_needed_go_once_another_one_is_wanted(self):
        for run, body in (("a", b"abc"), ("b", b"other"), ("c", b"abc")):
            put_run(self.bucket, run, body)
        first = weakref.ref(self.get("a", lambda data: Made()))
        self.get("c", make=None)
        gc.collect()
        assert first() is not None
        self.get("b")
        gc.collect()
        assert first() is None

    def test_what_has_to_go_has_gone_before_the_next_is_made(self):
        for run, size in (("a", 1), ("b", 2)):
            put_run(self.bucket, run, run.encode() * size)
        first = weakref.ref(self.get("a", lambda data: Made()))
        assert first() is not None

        def make(data):
            gc.collect()
            return Made(), first()

        assert self.get("b", make)[1] is None

    def test_the_places_of_files_of_a_run_long_ago_are_asked_for_again(self):
        for number in range(17):
            put_run(self.bucket, f"r{number}", b"abc")
            self.get(f"r{number}")
        self.bucket.asked.clear()
        self.get("r1")
        assert self.bucket.asked == []
        self.get("r0")
        assert self.bucket.asked == ["runs/r0/inputs.json"]

    def test_of_threads_at_once_one_makes_it_and_all_have_it(self):
        put_run(self.bucket, "a", b"abc")
        together = threading.Barrier(4)

        def make(data):
            time.sleep(0.01)
            return [data]

        def get(_):
            together.wait(30)
            return self.get("a", make)

        with ThreadPoolExecutor(4) as pool:
            made = list(pool.map(get, range(4)))
        assert all(one is made[0] for one in made)
        assert len(self.bucket.asked) == 2
