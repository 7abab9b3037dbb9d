"""The GPUs of this host, as nvidia-smi of the driver tells of them."""

import shutil
import subprocess
from typing import Any

_QUERY = ["--query-gpu=name,memory.total,driver_version", "--format=csv,noheader,nounits"]
_PATIENCE_S = 10.0
"""A driver that is broken may never answer."""


def gpus() -> list[dict[str, Any]]:
    """`gpus` of `hostSchema` (src/fleet/arm-info.ts), in the order of the driver.

    An empty list where there is no driver, or it does not answer: then there is no GPU that could be used.
    """
    program = shutil.which("nvidia-smi")
    if program is None:
        return []
    try:
        told = subprocess.run([program, *_QUERY], capture_output=True, text=True, timeout=_PATIENCE_S, check=True)
    except (OSError, subprocess.SubprocessError) as reason:
        print(f"[fanfleet] no GPU is counted, since nvidia-smi does not tell of any: {reason}", flush=True)
        return []
    return parse_gpus(told.stdout)


def parse_gpus(text: str) -> list[dict[str, Any]]:
    """A line for each GPU: its name, its memory in MiB, and the version of the driver.

    Memory is None where the driver does not tell it (`[N/A]`). What is no such line is left out.
    """
    lines = [[part.strip() for part in line.rsplit(",", 2)] for line in text.splitlines()]
    return [
        {"name": name, "memoryBytes": int(mib) * 2**20 if mib.isdecimal() else None, "driver": driver}
        for name, mib, driver in (line for line in lines if len(line) == 3)
    ]
