"""Get objects ahead of the decoder, in order, with a bound on the bytes held."""

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from time import perf_counter
from typing import Any

from botocore.exceptions import ClientError, HTTPClientError, IncompleteReadError, ResponseStreamingError

from fanfleet.aws import GETS_IN_FLIGHT
from fanfleet.slices import Slice, cut_slices

BYTES_IN_FLIGHT = 64 * 2**20
"""Most bytes fetched but not yet decoded in one process; a bigger object is fetched alone."""

BODY_TRIES = 4

_GONE = {
    "NoSuchKey": "OBJECT_MISSING",
    "404": "OBJECT_MISSING",
    "PreconditionFailed": "OBJECT_CHANGED",
    "412": "OBJECT_CHANGED",
}


@dataclass(frozen=True, slots=True)
class Fetched:
    key: str
    data: bytes | None
    error: str | None
    """OBJECT_MISSING or OBJECT_CHANGED where there is no data."""
    get_ms: float
    """Its share of the time of the GET that brought it."""


@dataclass(frozen=True, slots=True)
class _Body:
    """What a GET brought; `data` or `error`, as in Fetched."""

    data: bytes | None
    error: str | None
    get_ms: float


def fetch_in_order(
    s3: Any, bucket: str, objects: Sequence[dict[str, Any]], bytes_in_flight: int = BYTES_IN_FLIGHT
) -> Iterator[Fetched]:
    """Yield the objects of a manifest batch in its order. Any error of S3 but a lost object is raised."""
    waiting: deque[tuple[Slice, Future[_Body]]] = deque()
    held = 0
    ahead = cut_slices(objects)
    upcoming = next(ahead, None)
    with ThreadPoolExecutor(GETS_IN_FLIGHT, thread_name_prefix="get") as pool:
        while upcoming is not None or waiting:
            while upcoming is not None and (not waiting or held + upcoming.size <= bytes_in_flight):
                held += upcoming.size
                waiting.append((upcoming, pool.submit(_get, s3, bucket, upcoming)))
                upcoming = next(ahead, None)
            part, future = waiting.popleft()
            yield from _split(part, future.result())
            held -= part.size


def _split(part: Slice, body: _Body) -> Iterator[Fetched]:
    for item in part.objects:
        data = body.data
        if data is not None and part.start is not None:
            begin = item["shard"]["offset"] - part.start
            data = data[begin : begin + item["size"]]
        yield Fetched(item["key"], data, body.error, body.get_ms / len(part.objects))


def _get(s3: Any, bucket: str, part: Slice) -> _Body:
    """Get the very version of an object that was planned, or its part."""
    started = perf_counter()
    where = {} if part.start is None else {"Range": f"bytes={part.start}-{part.start + part.size - 1}"}
    etag = f'"{part.etag.strip(chr(34))}"'
    for attempt in range(1, BODY_TRIES + 1):
        try:
            data = s3.get_object(Bucket=bucket, Key=part.key, IfMatch=etag, **where)["Body"].read()
            if where and len(data) != part.size:
                raise ValueError(f"Expected {part.size} bytes at {part.start} of {part.key} but got {len(data)}.")
            return _Body(data, None, _ms_since(started))
        except ClientError as error:
            code = _GONE.get(error.response["Error"]["Code"])
            if code is None:
                raise
            return _Body(None, code, _ms_since(started))
        except (HTTPClientError, IncompleteReadError, ResponseStreamingError):
            # botocore retries until the headers are there; a connection lost within the body is ours.
            if attempt == BODY_TRIES:
                raise
    raise AssertionError("unreachable")


def _ms_since(started: float) -> float:
    return (perf_counter() - started) * 1000
