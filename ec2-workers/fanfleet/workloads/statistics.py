"""Statistics of each image: those of the operation, which is `stats` for all of them."""

from typing import Any

from fanfleet.image_task import ImageTask
from fanfleet.workloads.image_runner import ImageRunner


def runner(params: dict[str, Any]) -> ImageRunner:
    return ImageRunner(ImageTask(operation=params["operation"], depth=params["depth"]))
