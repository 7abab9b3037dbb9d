"""The workloads: what is done with the images of a batch, by name. Each is a module with the function `image_task`."""

from importlib import import_module
from typing import Any

from fanfleet.image_task import ImageTask

NAMES = ("statistics", "histogram", "normalise")
"""As in src/workloads/names.ts."""


def image_task(workload: dict[str, Any]) -> ImageTask:
    """What the kernels do with each image. `workload` is as `Workload` in src/contract/workload.ts.

    Raises ValueError for one that is not known, or KeyError that names the setting which is missing.
    """
    name = workload["name"]
    if name not in NAMES:
        raise ValueError(f"Expected a workload of {', '.join(NAMES)} but got {name}.")
    return import_module(f"fanfleet.workloads.{name}").image_task(workload["params"])
