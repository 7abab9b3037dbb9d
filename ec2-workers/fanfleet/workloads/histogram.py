"""All statistics of each image, and how often each value occurs in those of a batch."""

from typing import Any

from fanfleet.image_task import ImageTask


def image_task(params: dict[str, Any]) -> ImageTask:
    return ImageTask(operation="stats", depth=params["depth"], counts_values=True)
