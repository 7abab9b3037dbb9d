"""Tests of how a batch fetches its objects."""

import io
import json
import threading
import time
from pathlib import Path

import pytest
from botocore.exceptions import ClientError, ResponseStreamingError
from fanfleet.aws import split_uri
from fanfleet.fetch import BODY_TRIES, fetch_groups
from fanfleet.row import IMAGE_ERRORS
from flat_fetch import fetch_in_order
from refusals import refusal

REFUSALS = json.loads((Path(__file__).parents[1] / "fixtures/s3-refusals.json").read_text())


class Store:
    """Objects of 100 bytes each, which counts the bytes that were handed out but not yet released."""

    def __init__(self, answers=None):
        self.answers = answers or {}
        self.lock = threading.Lock()
        self.started = 0

    def get_object(self, Bucket, Key, IfMatch=None, Range=None):
        with self.lock:
            self.started += 1
            answer = self.answers.get(Key)
            if isinstance(answer, list):
                answer = answer.pop(0) if answer else None
        if isinstance(answer, ClientError):
            raise answer
        assert IfMatch == '"etag"' or Range == "bytes=0-0"
        head = {"ETag": IfMatch, "ResponseMetadata": {"HTTPStatusCode": 200 if Range is None else 206}}
        if answer is not None:
            return {"Body": BrokenBody(answer), **head}
        return {"Body": io.BytesIO(Key.encode().ljust(100)), **head}


class SlowStore(Store):
    def get_object(self, **asked):
        time.sleep(0.01)
        return super().get_object(**asked)


class BrokenBody:
    def __init__(self, reason):
        self.reason = reason

    def read(self):
        raise self.reason


def objects(count):
    return [{"key": f"{number:03d}", "size": 100, "etag": '"etag"'} for number in range(count)]


class TestFetch:
    def test_yields_in_order_and_holds_no_more_than_it_may(self):
        store = Store()
        for position, fetched in enumerate(fetch_in_order(store, "b", objects(50), bytes_in_flight=500)):
            assert fetched.data.strip().decode() == f"{position:03d}"
            time.sleep(0.001)
            assert store.started <= position + 6

    def test_fetches_an_object_that_is_bigger_than_the_bound(self):
        fetched = list(fetch_in_order(Store(), "b", objects(3), bytes_in_flight=10))
        assert [item.error for item in fetched] == [None, None, None]

    @pytest.mark.parametrize(("together", "most", "sizes"), [(4, 1000, [4, 4, 2]), (4, 600, [3, 3, 3, 1])])
    def test_waits_for_those_that_are_wanted_together_as_far_as_half_of_the_bytes_go(
        self, together, most, sizes, monkeypatch
    ):
        # Whatever is there already goes beyond that, where it is little.
        monkeypatch.setattr("fanfleet.fetch.GROUP_BYTES", 0)
        groups = fetch_groups(SlowStore(), "b", objects(10), most, together)
        assert [len(group) for group in groups] == sizes

    @pytest.mark.parametrize("case", REFUSALS, ids=lambda case: f"{case['status']} {case['code']}")
    def test_what_s3_says_of_one_object_is_an_error_code_and_other_refusals_are_raised(self, case):
        status = case["status"]
        answer = refusal(case["code"] or str(status), status, case.get("message", ""))
        if case["error"] is None:
            everywhere = Store({key: answer for key in ("000", "001", "002")})
            with pytest.raises(ClientError):
                list(fetch_in_order(everywhere, "b", objects(3)))
        else:
            fetching = fetch_in_order(Store({"001": answer}), "b", objects(3))
            assert [item.error for item in fetching] == [None, case["error"], None]
            assert case["error"] in IMAGE_ERRORS

    def test_a_connection_that_broke_within_the_body_is_tried_again_but_not_for_ever(self):
        broken = ResponseStreamingError(error="reset")
        assert next(fetch_in_order(Store({"000": [broken, broken]}), "b", objects(1))).error is None
        store = Store({"000": [broken] * 10})
        assert [item.error for item in fetch_in_order(store, "b", objects(1))] == ["OBJECT_UNREADABLE"]
        assert store.started == BODY_TRIES


class TestAddress:
    def test_an_s3_address_keeps_what_other_addresses_would_cut_off(self):
        assert split_uri("s3://b/a#b?c/d") == ("b", "a#b?c/d")
        with pytest.raises(ValueError):
            split_uri("/local/file")
