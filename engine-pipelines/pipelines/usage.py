"""What the processes of an engine take while a pipeline runs."""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

EVERY_S = 0.5
TICKS_PER_S = os.sysconf("SC_CLK_TCK")


class Usage:
    """What was seen of this process and all below it."""

    def __init__(self) -> None:
        self.cpu_s = 0.0
        """User and system time. Of a process that ends, what it took since it was last seen is not in it."""
        self.own = 0
        """The most memory at a time, in bytes, that is no file's and no shared memory's."""
        self.driver = 0
        """The most of that which this process has."""
        self.store = 0
        """The most bytes at a time in the object store."""


class _Process(NamedTuple):
    pid: int
    parent: int
    started: int
    """With the pid it is one process; pids come again."""
    cpu_s: float


@contextmanager
def watched(store_bytes: Callable[[], int]) -> Iterator[Usage]:
    """Look every `EVERY_S` seconds, and at the beginning and at the end. `store_bytes` tells of the object store."""
    usage, over = Usage(), threading.Event()
    before = {process[:3]: process.cpu_s for process in _tree(os.getpid())}
    last: dict[tuple, float] = {}

    def look() -> None:
        processes = _tree(os.getpid())
        last.update({process[:3]: process.cpu_s for process in processes})
        usage.own = max(usage.own, sum(_own_bytes(process.pid) for process in processes))
        usage.driver = max(usage.driver, _own_bytes(os.getpid()))
        usage.store = max(usage.store, store_bytes())

    def watch() -> None:
        while not over.wait(EVERY_S):
            look()

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield usage
    finally:
        over.set()
        thread.join()
        look()
        usage.cpu_s = sum(cpu_s - before.get(process, 0.0) for process, cpu_s in last.items())


def own_bytes_now() -> int:
    """Of this process and all below it, as `Usage.own`."""
    return sum(_own_bytes(process.pid) for process in _tree(os.getpid()))


def _tree(root: int) -> list[_Process]:
    """The process and all below it."""
    children: dict[int, list[_Process]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:  # it has ended meanwhile
            continue
        cpu_s = (int(fields[11]) + int(fields[12])) / TICKS_PER_S
        process = _Process(int(stat.parent.name), int(fields[1]), int(fields[19]), cpu_s)
        children.setdefault(process.parent, []).append(process)
    members = [process for processes in children.values() for process in processes if process.pid == root]
    for member in members:
        members += children.get(member.pid, [])
    return members


def _own_bytes(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:  # it has ended meanwhile
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("RssAnon:")), 0)
