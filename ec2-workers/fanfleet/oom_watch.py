"""A host that is out of memory: the kernel kills its processes, and those that take their place, again and again."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from fanfleet.repeat import Repeat

POLL_S = 1.0

KILLS = 3
"""After so many nothing gets better by itself. Less may be one large image, which its engine tries again."""

_COUNTS = ("sys/fs/cgroup/memory/memory.oom_control", "sys/fs/cgroup/memory.events", "proc/vmstat")
"""Of the cgroup that is the host's own (version 1 or 2), else of the machine: each has a line `oom_kill`."""

STOP_LIMIT_S = 1.0


class OomWatch:
    """Counts what the kernel kills on this host for want of memory, and calls `on_limit` once, at `KILLS`."""

    def __init__(
        self, on_limit: Callable[[], None], count: Callable[[], int] | None = None, poll_s: float = POLL_S
    ) -> None:
        """`count` gives how many were killed so far, by default on this host."""
        self._on_limit = on_limit
        self._count = count or oom_kills
        self._first: int | None = None
        self._called = False
        self._looking = Repeat("counting OOM kills", self._look, lambda: poll_s)

    def start(self) -> None:
        self._looking.start()

    def stop(self) -> None:
        self._looking.stop(STOP_LIMIT_S)

    def _look(self) -> None:
        count = self._count()
        if self._first is None:
            self._first = count
        if count - self._first >= KILLS and not self._called:
            self._called = True
            self._on_limit()


def oom_kills(root: Path = Path("/"), env: Mapping[str, str] = os.environ) -> int:
    """How many processes of this host the kernel has killed since its boot; `root` holds proc/ and sys/.

    0 where nobody counts, and where hosts share a machine without limits of their own.
    """
    if env.get("FANFLEET_HOST_ROOT"):
        return 0
    for file in _COUNTS:
        try:
            lines = (root / file).read_text().splitlines()
        except OSError:
            continue
        for name, value in (line.split() for line in lines):
            if name == "oom_kill":
                return int(value)
    return 0
