"""Doing something again and again beside the job, without ever disturbing it."""

import threading
import time
from collections.abc import Callable

from fanfleet.steps import say

_DAY_S = 86_400.0


class Repeat:
    """Calls `work` on a daemon thread of its own: at once, every `every_s` seconds, and a last time at the stop.

    An error is told once for each kind, and `work` is called again when it is due.
    """

    def __init__(self, name: str, work: Callable[[], None], every_s: Callable[[], float]) -> None:
        self._name = name
        self._work = work
        self._every_s = every_s
        self._stopped = threading.Event()
        self._woken = threading.Event()
        self._told: set[type[Exception]] = set()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self, limit_s: float) -> None:
        """Return when `work` was called for the last time, or after `limit_s` seconds; at once if it never started."""
        self._stopped.set()
        self._woken.set()
        if self._thread.ident is not None:
            self._thread.join(limit_s)

    def soon(self) -> None:
        """Call `work` now instead of when it is due; once more, where it is being called."""
        self._woken.set()

    def _run(self) -> None:
        due = time.monotonic()
        while True:
            # In this order: a stop in between is seen now, and not when it is due again.
            self._woken.clear()
            is_last = self._stopped.is_set()
            self._call()
            if is_last:
                return
            # A call that took long is followed by the next one, and not by all that it left out.
            due = max(due + self._every_s(), time.monotonic())
            if self._woken.wait(due - time.monotonic()):
                due = time.monotonic()

    def _call(self) -> None:
        try:
            self._work()
        except Exception as reason:
            if type(reason) not in self._told:
                self._told.add(type(reason))
                say(f"{self._name} failed and is tried again: {reason!r}")


def until_done(name: str, work: Callable[[], None], again_s: float) -> Repeat:
    """Calls `work` likewise, but not again once it did not fail."""
    is_done = False

    def do() -> None:
        nonlocal is_done
        if not is_done:
            work()
            is_done = True

    return Repeat(name, do, lambda: _DAY_S if is_done else again_s)
