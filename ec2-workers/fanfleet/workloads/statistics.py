"""Statistics of each image: those of the operation, which is `stats` for all of them."""

from typing import Any

from fanfleet.image_task import ImageTask


def image_task(params: dict[str, Any]) -> ImageTask:
    return ImageTask(operation=params["operation"], depth=params["depth"])
