"""Put objects while the next images are decoded, with a bound on the bytes held."""

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from time import perf_counter
from types import TracebackType
from typing import Any

from fanfleet.aws import PUTS_IN_FLIGHT, split_uri

BYTES_IN_FLIGHT = 32 * 2**20
"""Most bytes of one batch made but not yet written; a bigger object is written alone."""


class PutAhead:
    """Puts below the address `out`. Leaving the context waits until all objects are there, and raises their errors."""

    def __init__(self, s3: Any, out: str, bytes_in_flight: int = BYTES_IN_FLIGHT) -> None:
        self._s3 = s3
        self._bucket, self._prefix = split_uri(out)
        self._bytes_in_flight = bytes_in_flight
        self._held = 0
        self._waiting: deque[tuple[int, Future[Any]]] = deque()
        self._pool = ThreadPoolExecutor(PUTS_IN_FLIGHT, thread_name_prefix="put")
        self.bytes = 0
        """Of all objects so far."""
        self.waited_ms = 0.0
        """How long the caller was kept waiting."""

    def put(self, name: str, body: bytes, content_type: str) -> None:
        """Return at once, or as soon as enough of the earlier objects are written."""
        started = perf_counter()
        while self._waiting and self._held + len(body) > self._bytes_in_flight:
            self._wait_for_oldest()
        self.waited_ms += (perf_counter() - started) * 1000
        self._held += len(body)
        self.bytes += len(body)
        self._waiting.append((len(body), self._pool.submit(self._put, name, body, content_type)))

    def _put(self, name: str, body: bytes, content_type: str) -> None:
        key = self._prefix + name
        self._s3.put_object(Bucket=self._bucket, Key=key, Body=body, ContentType=content_type)

    def _wait_for_oldest(self) -> None:
        size, future = self._waiting.popleft()
        future.result()
        self._held -= size

    def __enter__(self) -> "PutAhead":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        started = perf_counter()
        try:
            while error is None and self._waiting:
                self._wait_for_oldest()
        finally:
            self._pool.shutdown(cancel_futures=True)
        self.waited_ms += (perf_counter() - started) * 1000
