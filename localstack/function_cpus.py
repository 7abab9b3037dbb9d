"""CPU time by memory, as Lambda gives it: one vCPU for each 1,769 MB of a function, and six at most.

MiniStack runs functions as processes that may use all of the machine. Where `FANFLEET_FUNCTION_CPUS` is `memory`,
each process gets a cgroup with a quota of its own as soon as its function is loaded. That takes root and cgroups of
version 1.
"""

import atexit
import contextlib
import os
import signal
import time
from pathlib import Path

from ministack.core import lambda_runtime

# As src/aws/limits.ts has them.
MB_PER_VCPU = 1769
MOST_VCPUS = 6
PERIOD_US = 100_000
NAME = "fanfleet-functions-"
# To remove groups whose processes were ended just now, 50 ms apart.
TRIES = 40


def install() -> None:
    """Limit every function process that MiniStack starts from now on."""
    mount = cpu_mount()
    for left in mount.glob(f"{NAME}*"):
        if not Path("/proc", left.name.removeprefix(NAME)).exists():
            remove(left)
    folder = mount / f"{NAME}{os.getpid()}"
    folder.mkdir()
    atexit.register(remove, folder)
    spawn = lambda_runtime.Worker._spawn

    def limited(worker: lambda_runtime.Worker) -> None:
        spawn(worker)
        limit(folder, worker._proc.pid, worker.config.get("MemorySize", 128))

    lambda_runtime.Worker._spawn = limited


def cpu_mount() -> Path:
    """Where the cgroups of version 1 that limit CPU time are."""
    for line in Path("/proc/self/mounts").read_text().splitlines():
        _, point, kind, options, *_ = line.split()
        if kind == "cgroup" and "cpu" in options.split(",") and os.access(point, os.W_OK):
            return Path(point)
    raise SystemExit(
        "Expected cgroups (version 1) that can be written for FANFLEET_FUNCTION_CPUS=memory: leave it out."
    )


def limit(folder: Path, pid: int, memory_mb: int) -> None:
    remove_empty(folder)
    group = folder / str(pid)
    group.mkdir()
    vcpus = min(MOST_VCPUS, memory_mb / MB_PER_VCPU)
    (group / "cpu.cfs_period_us").write_text(str(PERIOD_US))
    (group / "cpu.cfs_quota_us").write_text(str(max(1000, round(vcpus * PERIOD_US))))
    (group / "cgroup.procs").write_text(str(pid))


def remove_empty(folder: Path) -> None:
    for group in folder.iterdir():
        if group.is_dir():
            # Where its process is still there, it cannot be removed.
            with contextlib.suppress(OSError):
                group.rmdir()


def remove(folder: Path) -> None:
    """End what still runs in it, which is only so where the emulator itself ends, and remove it."""
    for processes in folder.glob("*/cgroup.procs"):
        for pid in processes.read_text().split():
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGKILL)
    for _ in range(TRIES):
        remove_empty(folder)
        with contextlib.suppress(OSError):
            folder.rmdir()
            return
        time.sleep(0.05)
