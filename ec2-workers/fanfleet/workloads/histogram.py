"""All statistics of each image, and how often each value occurs in those of a batch."""

from typing import Any

from fanfleet.image_task import ImageTask
from fanfleet.workloads.image_runner import ImageRunner


def runner(params: dict[str, Any]) -> ImageRunner:
    return ImageRunner(ImageTask(operation="stats", depth=params["depth"], counts_values=True))
