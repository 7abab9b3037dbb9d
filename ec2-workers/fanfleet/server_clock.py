"""How far S3's clock is ahead of this host's: `ServerClock` of src/timing/server-clock.ts, for botocore's clients."""

import threading
import time
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from typing import Any

RESOLUTION_MS = 1.0
"""Node's clock has whole milliseconds; the bounds are those of src/timing/clock-offset.ts."""

MOST_SECONDS = 64
"""Older ones are forgotten: clocks drift, and may be set."""


class ServerClock:
    """Compares the `Date` of a server's answers, which has whole seconds, with our own clock.

    An answer that was asked for at `sent` and had come at `received` was dated in between (Cristian, 1989), so that
    `Date - received <= server's clock - ours < Date + 1 s - sent`.
    """

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        """`now` gives epoch seconds."""
        self._now = now
        self._lock = threading.Lock()
        self._sent = threading.local()
        self._seconds: dict[str, list[float]] = {}

    def attach(self, s3: Any) -> None:
        """Observe every answer that a boto3 client of S3 gets, each try by itself."""
        s3.meta.events.register("before-send.s3", self._before_send)
        s3.meta.events.register("response-received.s3", self._response_received)
        # Here, since it imports boto3: whoever boots a host has a clock first.
        from fanfleet.quick_get import quick_get

        quick = quick_get(s3)
        if quick is not None:
            quick.observe = self.observe

    def observe(self, date: str | None, sent: float, received: float) -> None:
        """Times in epoch seconds; a header that is missing or no date says nothing."""
        if not date:
            return
        with self._lock:
            known = self._seconds.get(date)
            if known is not None:
                known[1], known[2] = min(known[1], received), max(known[2], sent)
                return
            try:
                theirs = parsedate_to_datetime(date).timestamp()
            except ValueError:
                return
            self._seconds[date] = [theirs, received, sent]
            if len(self._seconds) > MOST_SECONDS:
                del self._seconds[next(iter(self._seconds))]

    def offset(self) -> dict[str, float] | None:
        """The server's clock minus ours, as `clockOffsetSchema` of src/contract/span.ts; None where nobody can say."""
        with self._lock:
            seconds = [tuple(second) for second in self._seconds.values()]
        bounds = [
            ((theirs - received) * 1000 - RESOLUTION_MS, (theirs + 1 - sent) * 1000 + RESOLUTION_MS)
            for theirs, received, sent in seconds
        ]
        agreed = agreed_offset(bounds)
        return None if agreed is None else {"offsetLowMs": agreed[0], "offsetHighMs": agreed[1]}

    def _before_send(self, **_: Any) -> None:
        self._sent.at = self._now()

    def _response_received(self, response_dict: dict[str, Any] | None = None, **_: Any) -> None:
        sent = getattr(self._sent, "at", None)
        if response_dict is not None and sent is not None:
            self.observe(response_dict["headers"].get("date"), sent, self._now())


def agreed_offset(bounds: list[tuple[float, float]]) -> tuple[float, float] | None:
    """What the most of the bounds have in common, if they are a majority (Marzullo, 1984): see `agreedOffset`."""
    possible = [(low, high) for low, high in bounds if low <= high]
    lows, highs = sorted(low for low, _ in possible), sorted(high for _, high in possible)
    most, best, ended = 0, None, 0
    for begun, low in enumerate(lows, 1):
        while highs[ended] < low:
            ended += 1
        if begun - ended > most:
            most, best = begun - ended, (low, highs[ended])
    return best if most * 2 > len(bounds) else None
