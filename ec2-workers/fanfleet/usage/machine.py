"""A whole machine, from /proc; and the files of it that every kind of host needs."""

import os
from pathlib import Path

from fanfleet.usage.usage import Usage

TICKS_PER_S = os.sysconf("SC_CLK_TCK")


class Machine:
    def __init__(self, proc: Path) -> None:
        self.proc = proc

    def usage(self) -> Usage:
        memory = self._memory()
        used = memory["MemTotal"] - memory["MemAvailable"]
        return Usage(self._cpu_s(), self.cpus(), used, memory["MemTotal"], *self.network())

    def cpus(self) -> int:
        lines = (self.proc / "stat").read_text().splitlines()
        return sum(line.startswith("cpu") and line[3].isdigit() for line in lines)

    def memory_bytes(self) -> int:
        return self._memory()["MemTotal"]

    def network(self) -> tuple[int, int]:
        """Bytes received and sent over all interfaces but the loopback: proc_pid_net(5), `dev`."""
        received = sent = 0
        for line in (self.proc / "net/dev").read_text().splitlines()[2:]:
            name, _, counts = line.partition(":")
            if name.strip() != "lo":
                fields = counts.split()
                received += int(fields[0])
                sent += int(fields[8])
        return received, sent

    def _cpu_s(self) -> float:
        """proc_stat(5): user, nice, system, idle, iowait, irq, softirq; `user` has the time of guests already."""
        line = (self.proc / "stat").read_text().split("\n", 1)[0]
        user, nice, system, _idle, _iowait, irq, softirq = (int(ticks) for ticks in line.split()[1:8])
        return (user + nice + system + irq + softirq) / TICKS_PER_S

    def _memory(self) -> dict[str, int]:
        """proc_meminfo(5), in bytes; lines without a unit are counts, and not asked for."""
        lines = (line.split() for line in (self.proc / "meminfo").read_text().splitlines())
        return {name.rstrip(":"): int(kib) * 1024 for name, kib, *_ in lines}
