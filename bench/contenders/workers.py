"""A function over many items on threads or on processes."""

import multiprocessing
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TypeVar

Item = TypeVar("Item")
Value = TypeVar("Value")

CHUNKS_PER_WORKER = 16
"""Fewer leave a worker idle at the end; more cost hand-overs."""

_shared: tuple[Callable, Sequence] | None = None


def on_threads(work: Callable[[Item], Value], items: Sequence[Item], threads: int) -> Callable[[], list[Value]]:
    """For libraries that let go of the interpreter's lock."""
    pool = ThreadPoolExecutor(threads)
    chunks = _chunks(len(items), threads)

    def some(chunk: range) -> list[Value]:
        return [work(items[at]) for at in chunk]

    return lambda: [value for values in pool.map(some, chunks) for value in values]


def on_processes(work: Callable[[Item], Value], items: Sequence[Item], processes: int) -> Callable[[], list[Value]]:
    """The items are there when the processes are forked, so that only results go between them."""
    global _shared
    _shared = (work, items)
    pool = multiprocessing.get_context("fork").Pool(processes)
    chunks = _chunks(len(items), processes)
    return lambda: [value for values in pool.map(_some_shared, chunks, chunksize=1) for value in values]


def pooled(work: Callable[[Item], Value], items: Sequence[Item], threads: int) -> list[Value]:
    """Once over some items, on threads that stay."""
    return list(_threads(threads).map(work, items))


@cache
def _threads(count: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(count)


def _some_shared(chunk: range) -> list:
    if _shared is None:
        raise RuntimeError("the process was forked too early")
    work, items = _shared
    return [work(items[at]) for at in chunk]


def _chunks(count: int, workers: int) -> list[range]:
    size = max(1, count // (workers * CHUNKS_PER_WORKER))
    return [range(start, min(start + size, count)) for start in range(0, count, size)]
