"""A host that its own cgroups limit: a container, or a namespace of its own."""

from pathlib import Path

from fanfleet.usage.machine import Machine
from fanfleet.usage.usage import Usage


class CgroupsV1:
    """One folder for each controller, as in the kernel's Documentation/admin-guide/cgroup-v1."""

    def __init__(self, machine: Machine, folder: Path) -> None:
        self._machine = machine
        self._folder = folder

    def are_limits(self) -> bool:
        """Whether they are a host's own: a whole machine has files of the same names, which limit nothing."""
        limit = self._memory_limit()
        return self._quota() is not None or (limit is not None and limit < self._machine.memory_bytes())

    def usage(self) -> Usage:
        memory = self._folder / "memory"
        # The figures of `usage_in_bytes` are of the cgroup with those below it, and so are those with `total_`.
        cached = _pairs(memory / "memory.stat")["total_inactive_file"]
        total = self._machine.memory_bytes()
        return Usage(
            int((self._folder / "cpuacct/cpuacct.usage").read_text()) / 1e9,
            self._quota() or self._machine.cpus(),
            max(0, int((memory / "memory.usage_in_bytes").read_text()) - cached),
            min(total, self._memory_limit() or total),
            *self._machine.network(),
        )

    def _quota(self) -> float | None:
        """Processors; a quota of -1 is none."""
        quota = _number(self._folder / "cpu/cpu.cfs_quota_us")
        period = _number(self._folder / "cpu/cpu.cfs_period_us")
        return quota / period if quota and period and quota > 0 else None

    def _memory_limit(self) -> int | None:
        return _number(self._folder / "memory/memory.limit_in_bytes")


class CgroupsV2:
    """One folder for all controllers, as in the kernel's Documentation/admin-guide/cgroup-v2.rst."""

    def __init__(self, machine: Machine, folder: Path) -> None:
        self._machine = machine
        self._folder = folder

    def are_limits(self) -> bool:
        return self._quota() is not None or _number(self._folder / "memory.max") is not None

    def usage(self) -> Usage:
        cached = _pairs(self._folder / "memory.stat")["inactive_file"]
        total = self._machine.memory_bytes()
        return Usage(
            _pairs(self._folder / "cpu.stat")["usage_usec"] / 1e6,
            self._quota() or self._machine.cpus(),
            max(0, int((self._folder / "memory.current").read_text()) - cached),
            min(total, _number(self._folder / "memory.max") or total),
            *self._machine.network(),
        )

    def _quota(self) -> float | None:
        try:
            quota, period = (self._folder / "cpu.max").read_text().split()
        except OSError:
            return None
        return None if quota == "max" else int(quota) / int(period)


def _pairs(file: Path) -> dict[str, int]:
    return {name: int(value) for name, value in (line.split() for line in file.read_text().splitlines())}


def _number(file: Path) -> int | None:
    """None where there is no such file, or no limit."""
    try:
        text = file.read_text().strip()
    except OSError:
        return None
    return None if text == "max" else int(text)
