"""The most memory that this process ever had."""

from pathlib import Path


def memory_peak_bytes() -> int:
    """The peak of its resident set, of what it was itself: proc_pid_status(5), `VmHWM`.

    Not `ru_maxrss`, which begins with what the process had that started this one.
    """
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))
