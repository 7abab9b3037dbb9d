"""The figures that are read of any kind of host."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Usage:
    cpu_s: float
    """Processor seconds used so far; only the difference of two means something."""
    cpus: float
    """Processors that it may use; a quota can be a part of one."""
    memory_bytes: int
    """In use, without cached files that the kernel would give back at once."""
    memory_limit_bytes: int
    received_bytes: int | None
    """Over all interfaces but the loopback, since they came up; None where hosts share them."""
    sent_bytes: int | None
