"""Watching the fleet: what each host uses, and which workers are there, as files beside the results."""

import json
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from fanfleet.clusters.cluster import State, WorkerState
from fanfleet.put_rhythm import PUT_EVERY_S, PutRhythm
from fanfleet.repeat import Repeat
from fanfleet.sample_log import Sample, SampleLog
from fanfleet.usage import Usage, usage_reader

SAMPLE_EVERY_S = 1.0
STATES_EVERY_S = 2.0
WORK = 0.03
"""A host that uses more of its processors has something to do."""
SHORTEST_SAMPLE_S = 0.2
"""In less, a tick of the kernel's clock (10 ms) would look like a busy processor."""
STOP_LIMIT_S = 10.0
"""A host that ends waits no longer for its last file."""


class HostWatch:
    """Samples this host each second, and keeps the object `key` (JSON Lines of `Sample`) up to date.

    Two threads: a slow or failing S3 leaves no gap in the samples. What could not be put goes with the next put.
    """

    def __init__(
        self,
        s3: Any,
        bucket: str,
        key: str,
        now: Callable[[], float] = time.time,
        read: Callable[[], Usage] | None = None,
        is_kept: bool = False,
    ) -> None:
        """`now` gives epoch seconds; `read` the usage of the host, by default that of this one.

        A host of a kept fleet (`is_kept`) puts often while it works, and seldom while it has nothing to do.
        """
        self._s3, self._bucket, self._key = s3, bucket, key
        self._now = now
        self._read = read
        self._log = SampleLog()
        self._lock = threading.Lock()
        self._first: Usage | None = None
        self._before: tuple[float, Usage] | None = None
        self._sampling = Repeat("sampling this host", self._sample, lambda: SAMPLE_EVERY_S)
        # A long log is put less often, so that no more is sent than in the first hour.
        self._putting = Repeat("putting the samples", self._put, self._put_every_s)
        self._rhythm = PutRhythm() if is_kept else None

    def start(self) -> None:
        self._sampling.start()
        self._putting.start()

    def stop(self) -> None:
        self._sampling.stop(STOP_LIMIT_S)
        self._putting.stop(STOP_LIMIT_S)

    def _sample(self) -> None:
        if self._read is None:
            self._read = usage_reader()
        usage, at = self._read(), time.monotonic()
        if self._first is None:
            self._first = usage
        if self._before is not None:
            then, before = self._before
            if at - then < SHORTEST_SAMPLE_S:
                return
            sample = Sample(
                round(self._now() * 1000),
                max(0.0, usage.cpu_s - before.cpu_s) / (at - then),
                usage.cpus,
                usage.memory_bytes,
                usage.memory_limit_bytes,
                _since(usage.received_bytes, self._first.received_bytes),
                _since(usage.sent_bytes, self._first.sent_bytes),
            )
            with self._lock:
                self._log.add(sample)
            if self._rhythm is not None and self._rhythm.heed(sample.cpu > WORK * sample.cpus):
                self._putting.soon()
        self._before = (at, usage)

    def _put_every_s(self) -> float:
        every_s = PUT_EVERY_S if self._rhythm is None else self._rhythm.every_s
        return every_s * self._log.stride

    def _put(self) -> None:
        with self._lock:
            text = self._log.text()
        if text:
            body = text.encode()
            self._s3.put_object(Bucket=self._bucket, Key=self._key, Body=body, ContentType="application/x-ndjson")


class StatesWatch:
    """Asks the cluster every two seconds who is there, and puts what has changed since the start to `key`.

    `workerStatesSchema` of src/fleet/worker-states.ts.
    """

    def __init__(
        self,
        s3: Any,
        bucket: str,
        key: str,
        states: Callable[[], Sequence[WorkerState]],
        now: Callable[[], float] = time.time,
    ) -> None:
        self._s3, self._bucket, self._key = s3, bucket, key
        self._states = states
        self._now = now
        self._latest: dict[str, State] = {}
        self._changes: list[dict[str, Any]] = []
        self._saved = 0
        self._asking = Repeat("asking for the workers", self._ask, lambda: STATES_EVERY_S)

    def start(self) -> None:
        self._asking.start()

    def stop(self) -> None:
        self._asking.stop(STOP_LIMIT_S)

    def heed(self, states: Sequence[WorkerState]) -> None:
        """Keep what has changed, for the next put: of whoever asked before the start."""
        at = round(self._now() * 1000)
        for worker in states:
            if self._latest.get(worker.address) != worker.state:
                self._latest[worker.address] = worker.state
                self._changes.append({"at": at, "address": worker.address, "state": worker.state})

    def _ask(self) -> None:
        try:
            self.heed(self._states())
        finally:
            self._put()

    def _put(self) -> None:
        if self._saved < len(self._changes):
            body = json.dumps({"changes": self._changes}).encode()
            self._s3.put_object(Bucket=self._bucket, Key=self._key, Body=body, ContentType="application/json")
            self._saved = len(self._changes)


def _since(now: int | None, first: int | None) -> int | None:
    return None if now is None or first is None else max(0, now - first)
