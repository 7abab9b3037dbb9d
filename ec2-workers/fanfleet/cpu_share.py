"""The CPU time of each of several batches that one process does at once, as Daft does them."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock


class CpuShare:
    """Shares the CPU time of the process out among the batches that run, evenly while they run beside each other.

    Their threads cannot be told apart: each fetches and writes on threads of its own. So the sum is right, and it is
    exact where one batch runs at a time.
    """

    def __init__(self, cpu_s: Callable[[], float] = time.process_time) -> None:
        self._cpu_s = cpu_s
        self._lock = Lock()
        self._spent: dict[object, float] = {}
        self._seen = 0.0

    @contextmanager
    def batch(self) -> Iterator[Callable[[], float]]:
        """While a batch runs: what gives the seconds of CPU time that it took so far."""
        batch = object()

        def spent() -> float:
            with self._lock:
                self._share()
                return self._spent[batch]

        with self._lock:
            self._share()
            self._spent[batch] = 0.0
        try:
            yield spent
        finally:
            with self._lock:
                self._share()
                del self._spent[batch]

    def _share(self) -> None:
        now = self._cpu_s()
        for batch in self._spent:
            self._spent[batch] += (now - self._seen) / len(self._spent)
        self._seen = now
