"""When this process was started, which is before its first line of Python."""

import os
import time
from pathlib import Path


def started_at_ms() -> float:
    """Epoch milliseconds, to a tick of the kernel's clock (10 ms); never later than now."""
    started_ticks = int(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19])
    uptime_s = float(Path("/proc/uptime").read_text().split()[0])
    age_ms = (uptime_s - started_ticks / os.sysconf("SC_CLK_TCK")) * 1000
    return time.time() * 1000 - max(0.0, age_ms)
