"""A host that shares its machine with others, without limits of its own: a group of processes."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from fanfleet.usage.machine import TICKS_PER_S, Machine
from fanfleet.usage.usage import Usage

_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


class ProcessGroup:
    """Processes with this host's FANFLEET_HOST_ROOT in their environment, and their descendants.

    Those once known stay, and descendants count, since a program that rewrites its title loses its environment (Ray's
    workers do). Traffic cannot be told for each host: all of it is on the machine's loopback.
    """

    def __init__(self, machine: Machine, host_root: str) -> None:
        self._machine = machine
        self._mark = f"FANFLEET_HOST_ROOT={host_root}".encode()
        self._known: set[_Identity] = set()
        self._others: set[_Identity] = set()
        self._ticks = 0
        self._sum: int | None = None

    def usage(self) -> Usage:
        members = self._members()
        now = sum(each.ticks for each in members)
        # The sum falls when a process ends that no member waits for: its time is lost to it, and not to the host.
        if self._sum is not None:
            self._ticks += max(0, now - self._sum)
        self._sum = now
        memory = sum(self._private_bytes(each.pid) for each in members)
        machine = self._machine
        return Usage(self._ticks / TICKS_PER_S, machine.cpus(), memory, machine.memory_bytes(), None, None)

    def _members(self) -> "list[_Process]":
        table = {each.pid: each for each in _processes(self._machine.proc)}
        pids = {each.pid for each in table.values() if each.identity in self._known or self._marked(each)}
        while children := {pid for pid, each in table.items() if each.parent in pids and pid not in pids}:
            pids |= children
        self._known = {table[pid].identity for pid in pids}
        # Not asked again: to read the environment of every process takes ten times as long as all the rest.
        self._others = {each.identity for each in table.values() if each.pid not in pids}
        return [table[pid] for pid in pids]

    def _marked(self, process: "_Process") -> bool:
        if process.identity in self._others:
            return False
        return self._mark in _read(self._machine.proc / str(process.pid) / "environ").split(b"\0")

    def _private_bytes(self, pid: int) -> int:
        """Resident and not shared: libraries and shared memory would count once for each process."""
        fields = _read(self._machine.proc / str(pid) / "statm").split()
        return (int(fields[1]) - int(fields[2])) * _PAGE_BYTES if fields else 0


_Identity = tuple[int, bytes]
"""The pid and when it began: a later process of the same number is another one."""


@dataclass(frozen=True, slots=True)
class _Process:
    identity: _Identity
    parent: int
    ticks: int
    """Processor time of its own, and of the children that it has waited for."""

    @property
    def pid(self) -> int:
        return self.identity[0]


def _processes(proc: Path) -> Iterator[_Process]:
    for name in os.listdir(proc):
        if name.isdigit():
            # proc_pid_stat(5) from the third field on: the second, the program's name, may hold spaces and brackets.
            fields = _read(proc / name / "stat").rpartition(b")")[2].split()
            if fields:
                ticks = sum(int(field) for field in fields[11:15])
                yield _Process((int(name), fields[19]), int(fields[1]), ticks)


def _read(file: Path) -> bytes:
    """Nothing for a process that has ended, or belongs to someone else."""
    try:
        return file.read_bytes()
    except OSError:
        return b""
