"""A normalised copy of each image, by all its bits."""

from typing import Any

from fanfleet.image_task import ImageTask


def image_task(params: dict[str, Any]) -> ImageTask:
    return ImageTask(operation="normalise", depth="native", normalisation=params)
