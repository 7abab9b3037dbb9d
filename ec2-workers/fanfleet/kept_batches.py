"""Batches that a process keeps in memory, loaded, from one stage of a workload to the next."""

import threading
from collections import Counter, OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from fanfleet.task import Task
from fanfleet.usage import Usage, usage_reader
from fanfleet.workloads.runner import Loaded

MOST_BYTES = 2**30
"""Of all batches that one process keeps."""

LEAVES_FREE = 0.25
"""What has to be free of the host's memory beside what is kept: other processes keep as much, and load."""

_ROW_BYTES = 512
"""About what a row takes as long as it is no text."""


@dataclass(frozen=True, slots=True)
class KeptBatch:
    loaded: Loaded
    dropped_bits: int
    left: Counter[str]
    """What loading found, and each stage tells: images of 16 bits, and those that were left to another kernel."""

    @property
    def bytes(self) -> int:
        return self.loaded.pixels.nbytes + _ROW_BYTES * len(self.loaded.rows)


def round_of(task: Task) -> str:
    """The run and the round of a task: what is kept is of one round."""
    return f"{task.manifest} {task.round}"


def has_room(size: int) -> bool:
    """Whether the host has so many bytes to spare. Where its memory cannot be told, there is none."""
    try:
        usage = _read_usage()()
    except (OSError, KeyError, ValueError):
        return False
    return usage.memory_bytes + size <= (1 - LEAVES_FREE) * usage.memory_limit_bytes


class KeptBatches:
    """Safe to share between threads.

    Each stage asks for all batches in turn. If the one that was asked for longest ago went where there are too many,
    it would be the very next that is wanted, and nothing would ever be found. So a batch that was asked for in this
    stage or the one before stays, and what there is no room for is not kept.
    """

    def __init__(self, most_bytes: int = MOST_BYTES, has_room: Callable[[int], bool] = has_room) -> None:
        self._most_bytes = most_bytes
        self._has_room = has_room
        self._lock = threading.Lock()
        self._round: str | None = None
        self._kept: OrderedDict[int, tuple[int, KeptBatch]] = OrderedDict()
        """By number: the stage that asked for it last, and the batch. Those asked for longest ago come first."""

    def leave_others(self, round_of_run: str) -> None:
        """Batches of another round are not wanted any more once one of this round is done."""
        with self._lock:
            if self._round != round_of_run:
                self._kept.clear()
                self._round = round_of_run

    def get(self, round_of_run: str, batch: int, stage: int) -> KeptBatch | None:
        with self._lock:
            if self._round != round_of_run or batch not in self._kept:
                return None
            found = self._kept[batch][1]
            self._kept[batch] = (stage, found)
            self._kept.move_to_end(batch)
            return found

    def put(self, round_of_run: str, batch: int, stage: int, kept: KeptBatch) -> None:
        """Keep it if there is room, or room can be made."""
        with self._lock:
            if self._round != round_of_run:
                return
            self._kept.pop(batch, None)
            while not (fits := self._fits(kept.bytes)) and self._is_stale(stage):
                self._kept.popitem(last=False)
            if fits:
                self._kept[batch] = (stage, kept)

    def _fits(self, size: int) -> bool:
        held = sum(kept.bytes for _, kept in self._kept.values())
        return held + size <= self._most_bytes and self._has_room(size)

    def _is_stale(self, stage: int) -> bool:
        """Whether that which was asked for longest ago is now done by somebody else."""
        return any(asked < stage - 1 for asked, _ in list(self._kept.values())[:1])


@cache
def _read_usage() -> Callable[[], Usage]:
    """Of the machine or its limits, also where a host is a part of it: what others take there is not free."""
    return usage_reader(env={})


KEPT = KeptBatches()
"""Those of this process."""
