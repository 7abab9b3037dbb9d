"""A normalised copy of each image, by all its bits."""

from typing import Any

from fanfleet.image_task import ImageTask
from fanfleet.workloads.image_runner import ImageRunner


def runner(params: dict[str, Any]) -> ImageRunner:
    return ImageRunner(ImageTask(operation="normalise", depth="native", normalisation=params))
