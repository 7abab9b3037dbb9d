"""What this host uses of its processors, its memory and its network.

A host is a whole machine; or limited by its own cgroups; or, where hosts share a machine, a group of processes.
"""

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from fanfleet.usage.cgroups import CgroupsV1, CgroupsV2
from fanfleet.usage.machine import Machine
from fanfleet.usage.process_group import ProcessGroup
from fanfleet.usage.usage import Usage

__all__ = ["Usage", "usage_reader"]


def usage_reader(root: Path = Path("/"), env: Mapping[str, str] = os.environ) -> Callable[[], Usage]:
    """How the usage of this host is read.

    `root` holds proc/ and sys/. Both this and the reader raise OSError, KeyError or ValueError where these are not as
    Linux has them.
    """
    machine = Machine(root / "proc")
    host_root = env.get("FANFLEET_HOST_ROOT")
    if host_root:
        return ProcessGroup(machine, host_root).usage
    for cgroups in (CgroupsV1(machine, root / "sys/fs/cgroup"), CgroupsV2(machine, root / "sys/fs/cgroup")):
        if cgroups.are_limits():
            return cgroups.usage
    return machine.usage
