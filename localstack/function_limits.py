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
    folders = []
    for mount in (cgroup_mount("cpu"), cgroup_mount("memory")):
        for left in mount.glob(f"{NAME}*"):
            if not Path("/proc", left.name.removeprefix(NAME)).exists():
                remove(left)
        folder = mount / f"{NAME}{os.getpid()}"
        folder.mkdir()
        atexit.register(remove, folder)
        folders.append(folder)
    cpu, memory = folders
    spawn = lambda_runtime.Worker._spawn

    def limited(worker: lambda_runtime.Worker) -> None:
        spawn(worker)
        pid, memory_mb = worker._proc.pid, worker.config.get("MemorySize", 128)
        vcpus = min(MOST_VCPUS, memory_mb / MB_PER_VCPU)
        quota = max(1000, round(vcpus * PERIOD_US))
        limit(cpu, pid, {"cpu.cfs_period_us": PERIOD_US, "cpu.cfs_quota_us": quota})
        limit(memory, pid, {"memory.limit_in_bytes": memory_mb << 20})

    lambda_runtime.Worker._spawn = limited


def cgroup_mount(controller: str) -> Path:
    """Where the cgroups of version 1 that limit it are."""
    for line in Path("/proc/self/mounts").read_text().splitlines():
        _, point, kind, options, *_ = line.split()
        if kind == "cgroup" and controller in options.split(",") and os.access(point, os.W_OK):
            return Path(point)
    raise SystemExit(
        f"Expected cgroups (version 1) of {controller} that can be written for"
        " FANFLEET_FUNCTION_LIMITS=lambda: leave it out."
    )


def limit(folder: Path, pid: int, values: dict[str, int]) -> None:
    remove_empty(folder)
    group = folder / str(pid)
    group.mkdir()
    for name, value in values.items():
        (group / name).write_text(str(value))
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
