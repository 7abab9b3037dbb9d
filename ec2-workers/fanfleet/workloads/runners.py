"""What does the batches of a workload, by its name."""

from importlib import import_module
from typing import Any

from fanfleet.workloads import NAMES
from fanfleet.workloads.runner import Runner


def runner_of(workload: dict[str, Any]) -> Runner:
    """`workload` is as `Workload` in src/contract/workload.ts.

    Raises ValueError for one that is not known, or KeyError that names the setting which is missing.
    """
    name = workload["name"]
    if name not in NAMES:
        raise ValueError(f"Expected a workload of {', '.join(NAMES)} but got {name}.")
    return import_module(f"fanfleet.workloads.{name}").runner(workload["params"])
