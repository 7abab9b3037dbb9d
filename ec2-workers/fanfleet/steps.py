"""Timed steps of a boot, as lines `name<TAB>milliseconds<TAB>start`: the shell begins the file, Python goes on.

The start is in epoch milliseconds.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class StepFailed(Exception):
    """A step of the job could not be done; `code` is the error name that Step Functions gets."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Steps:
    """Prints and keeps what each step took; knows which one is under way."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._kept: list[dict[str, object]] | None = None
        self.current = "start"

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Time a step. A step that fails stays the current one."""
        self.current = name
        started_at, started = time.time() * 1000, time.perf_counter()
        yield
        self._add(name, round((time.perf_counter() - started) * 1000), started_at)

    def add_since(self, name: str, started_at: float) -> None:
        """A step that began at `started_at` (epoch milliseconds) and ends now."""
        self._add(name, round(time.time() * 1000 - started_at), started_at)

    def freeze(self) -> None:
        """Have `all` give from here on what it gives now: what processes that are started later add is of no boot."""
        self._kept = self.all()

    def all(self) -> list[dict[str, object]]:
        """Those of every process of this host so far, or until they were frozen, in the order of their ends."""
        if self._kept is not None:
            return self._kept
        lines = [line.split("\t") for line in self._file.read_text().splitlines()]
        return [{"name": name, "ms": int(ms), "startedAt": int(started_at)} for name, ms, started_at in lines]

    def _add(self, name: str, milliseconds: int, started_at: float) -> None:
        # In one write: the engine's process adds its own.
        with self._file.open("a") as file:
            file.write(f"{name}\t{milliseconds}\t{round(started_at)}\n")
        say(f"{name} took {milliseconds} ms")


def say(text: str) -> None:
    print(f"[fanfleet] {text}", flush=True)
