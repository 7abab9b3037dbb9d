"""Timed steps of a boot, as lines `name<TAB>milliseconds`: the shell begins the file, Python goes on."""

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
        self.current = "start"

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Time a step. A step that fails stays the current one."""
        self.current = name
        started = time.perf_counter()
        yield
        milliseconds = round((time.perf_counter() - started) * 1000)
        with self._file.open("a") as file:
            file.write(f"{name}\t{milliseconds}\n")
        say(f"{name} took {milliseconds} ms")

    def all(self) -> list[dict[str, object]]:
        lines = [line.split("\t") for line in self._file.read_text().splitlines()]
        return [{"name": name, "ms": int(milliseconds)} for name, milliseconds in lines]


def say(text: str) -> None:
    print(f"[fanfleet] {text}", flush=True)
