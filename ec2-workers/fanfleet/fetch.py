"""Get objects ahead of the decoder, in order, with a bound on the bytes held."""

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import urllib3.exceptions
from botocore.exceptions import (
    ClientError,
    FlexibleChecksumError,
    HTTPClientError,
    IncompleteReadError,
    ResponseStreamingError,
)

from fanfleet.aws import GETS_IN_FLIGHT
from fanfleet.object_error import object_error
from fanfleet.quick_get import quick_get
from fanfleet.slices import Slice, cut_slices

BYTES_IN_FLIGHT = 32 * 2**20
"""Most bytes of one batch fetched but not yet decoded; a bigger object is fetched alone."""

GROUP_BYTES = 2 * 2**20
"""So many bytes that are there are handed over together: more would only wait for the first of them to be done."""

BODY_TRIES = 4

WITNESSES = 3
"""Others that are asked whether S3 answers at all. The same in src/worker/read-or-blame.ts."""

UNSOUND = (FlexibleChecksumError, HTTPClientError, IncompleteReadError, ResponseStreamingError)
"""Of a body that did not come whole, or came with other bytes than S3 has."""

_THROTTLED = ("RequestTimeout", "SlowDown", "ThrottlingException")


@dataclass(frozen=True, slots=True)
class Fetched:
    key: str
    data: bytes | None
    error: str | None
    """The code of its row where there is no data."""
    get_ms: float
    """Its share of the time of the GET that brought it."""


@dataclass(frozen=True, slots=True)
class _Body:
    """What a GET brought; `data` or `error`, as in Fetched."""

    data: bytes | None
    error: str | None
    get_ms: float


def fetch_groups(
    s3: Any,
    bucket: str,
    objects: Sequence[dict[str, Any]],
    bytes_in_flight: int = BYTES_IN_FLIGHT,
    together: int = 1,
    requester_pays: bool = False,
) -> Iterator[list[Fetched]]:
    """Yield the objects of a manifest batch in its order: the next one, with those behind it that are there already.

    For so many that are wanted `together` it waits; these have half of the bytes at most, so that others are on their
    way meanwhile.

    Of what is yielded the bytes count as held until the next is asked for. What S3 says of more than one object is
    raised.
    """
    waiting: deque[tuple[Slice, Future[_Body]]] = deque()
    held = 0
    place = {"Bucket": bucket, **({"RequestPayer": "requester"} if requester_pays else {})}
    ahead = cut_slices(objects)
    upcoming = next(ahead, None)
    with ThreadPoolExecutor(GETS_IN_FLIGHT, thread_name_prefix="get") as pool:
        while upcoming is not None or waiting:
            while upcoming is not None and (not waiting or held + upcoming.size <= bytes_in_flight):
                held += upcoming.size
                waiting.append((upcoming, pool.submit(_get, s3, place, upcoming, objects)))
                upcoming = next(ahead, None)
            part, future = waiting.popleft()
            group, size = list(_split(part, future.result())), part.size
            while waiting:
                size_with_next = size + waiting[0][0].size
                is_due = len(group) < together and size_with_next <= bytes_in_flight // 2
                if not is_due and not (waiting[0][1].done() and size_with_next <= GROUP_BYTES):
                    break
                part, future = waiting.popleft()
                group += _split(part, future.result())
                size += part.size
            yield group
            group = []  # not kept while the next is waited for
            held -= size


def read_whole(s3: Any, bucket: str, key: str) -> bytes:
    """An object that no manifest names; its body may break a few times on its way. Raises what S3 says."""
    for _ in range(BODY_TRIES - 1):
        with suppress(*UNSOUND):
            return s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    return s3.get_object(Bucket=bucket, Key=key)["Body"].read()


def _split(part: Slice, body: _Body) -> Iterator[Fetched]:
    for item in part.objects:
        data = body.data
        if data is not None and part.start is not None:
            begin = item["shard"]["offset"] - part.start
            data = data[begin : begin + item["size"]]
        yield Fetched(item["key"], data, body.error, body.get_ms / len(part.objects))


def _get(s3: Any, place: dict[str, str], part: Slice, batch: Sequence[dict[str, Any]]) -> _Body:
    """Get the very version of an object that was planned, or its part."""
    started = perf_counter()
    quick = quick_get(s3)
    etag = f'"{part.etag.strip(chr(34))}"'
    data, error = None if quick is None else quick.get(place, part.key, etag, part.size, part.start), None
    if data is None:
        data, error = _read_or_blame(s3, place, part, batch)
    return _Body(data, error, (perf_counter() - started) * 1000)


def _read_or_blame(
    s3: Any, place: dict[str, str], part: Slice, batch: Sequence[dict[str, Any]]
) -> tuple[bytes | None, str | None]:
    """As `_read`.

    Where S3 cannot give it however often it is asked, as in an outage, it is asked for a byte of others: if it has an
    answer for one of them, and none for this object once more, this object is at fault, and nothing else.
    """
    try:
        return _read(s3, place, part)
    except (ClientError, HTTPClientError) as reason:
        if not _is_outage(reason) or not _answers_for_others(s3, place, part, batch):
            raise
    try:
        return _read(s3, place, part)
    except (ClientError, HTTPClientError) as reason:
        if not _is_outage(reason):
            raise
        return None, "OBJECT_UNREADABLE"


def _answers_for_others(s3: Any, place: dict[str, str], part: Slice, batch: Sequence[dict[str, Any]]) -> bool:
    keys = dict.fromkeys(item.get("shard", item)["key"] for item in batch)
    for key in [key for key in keys if key != part.key][:WITNESSES]:
        try:
            s3.get_object(**place, Key=key, Range="bytes=0-0")["Body"].read()
            return True
        except (ClientError, *UNSOUND) as reason:
            if not _is_outage(reason):
                return True
    return False


def _is_outage(reason: Exception) -> bool:
    """Whether S3 has no answer: the server fails, or asks for patience, or is not there."""
    if not isinstance(reason, ClientError):
        return True
    code = reason.response.get("Error", {}).get("Code", "")
    return _status(reason) >= 500 or _status(reason) == 429 or code in _THROTTLED


def _read(s3: Any, place: dict[str, str], part: Slice) -> tuple[bytes | None, str | None]:
    """The bytes, or the code of why this object gives none."""
    where = {} if part.start is None else {"Range": f"bytes={part.start}-{part.start + part.size - 1}"}
    etag = f'"{part.etag.strip(chr(34))}"'
    for attempt in range(1, BODY_TRIES + 1):
        try:
            answer = s3.get_object(**place, Key=part.key, IfMatch=etag, **where)
        except ClientError as refusal:
            code = _object_error(refusal)
            if code is None:
                raise
            return None, code
        except HTTPClientError:
            if attempt == BODY_TRIES:
                raise
            continue
        except (IncompleteReadError, urllib3.exceptions.HTTPError):
            continue  # of the body of a refusal, which botocore does not try again
        if not _is_sound(answer, part):
            answer["Body"].close()
            continue
        # Known before the body, so that an object that has grown is not read to its end.
        has_grown = part.start is None and answer.get("ContentLength", part.size) != part.size
        if has_grown or answer["ETag"] != etag:
            answer["Body"].close()
            return None, "OBJECT_CHANGED"
        try:
            # botocore tries again until the headers are there; what breaks within the body is ours.
            data = answer["Body"].read()
        except UNSOUND:
            continue
        if len(data) == part.size:
            return data, None
        if part.start is None:
            return None, "OBJECT_CHANGED"
    return None, "OBJECT_UNREADABLE"


def _is_sound(answer: dict[str, Any], part: Slice) -> bool:
    """Whether it is what was asked for, by its head: `judge` of src/aws/object-response.ts."""
    status = answer["ResponseMetadata"]["HTTPStatusCode"]
    return status == (200 if part.start is None else 206) and "ETag" in answer


def _object_error(refusal: ClientError) -> str | None:
    status, error = _status(refusal), refusal.response.get("Error", {})
    code, message = (value if isinstance(value, str) else "" for value in (error.get("Code"), error.get("Message")))
    # Of XML or HTML of somebody else, as of a proxy, botocore makes an error without a code.
    return object_error(status, code or str(status), message)


def _status(refusal: ClientError) -> int:
    return refusal.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
