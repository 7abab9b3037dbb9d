"""What does the batches of a workload, and what adds up those of a stage, by the workload's name."""

from importlib import import_module
from typing import Any

from fanfleet import workloads
from fanfleet.workloads.runner import Reducer, Runner, StagedRunner


def runner_of(workload: dict[str, Any]) -> Runner:
    """`workload` is as `Workload` in src/contract/workload.ts, and a single map.

    Raises ValueError for one that is not known, or KeyError that names the setting which is missing.
    """
    return _module(workload, is_staged=False).runner(workload["params"])


def staged_runner_of(workload: dict[str, Any]) -> StagedRunner:
    """Likewise, of one that has several stages."""
    return _module(workload, is_staged=True).runner(workload["params"])


def reducer_of(workload: dict[str, Any], number: int, state: bytes) -> Reducer:
    """What adds up the batches of a stage that began with this state. `number` is from 0."""
    return _module(workload, is_staged=True).reducer(workload["params"], number, state)


def _module(workload: dict[str, Any], *, is_staged: bool) -> Any:
    name = workload["name"]
    names = [each for each in workloads.NAMES if (each in workloads.STAGED) == is_staged]
    if name not in names:
        kind = "workload with stages" if is_staged else "workload"
        raise ValueError(f"Expected a {kind} of {', '.join(names)} but got {name}.")
    return import_module(f"fanfleet.workloads.{name}")
