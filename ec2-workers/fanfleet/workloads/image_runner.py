"""What a kernel does by itself: statistics, with the values of all images counted as well, or normalised copies."""

from collections.abc import Iterable, Sequence

from fanfleet.histogram import ValueCounts, serialize_histogram
from fanfleet.image_task import ImageTask
from fanfleet.inputs import Inputs
from fanfleet.kernels import Kernel
from fanfleet.row import Measured
from fanfleet.workloads.runner import BatchFile


class ImageRunner:
    """As `Runner` says."""

    def __init__(self, task: ImageTask) -> None:
        self.task = task
        self.file_format = task.normalisation["format"] if task.normalisation else None

    def begin(self, kernel: Kernel, most_bytes: int, inputs: Inputs) -> "ImageBatch":
        return ImageBatch(self.task, kernel, most_bytes)


class ImageBatch:
    """As `BatchRunner` says."""

    group_images = 1

    def __init__(self, task: ImageTask, kernel: Kernel, most_bytes: int) -> None:
        self._task, self._kernel, self._most_bytes = task, kernel, most_bytes
        self._values = ValueCounts() if task.counts_values else None

    def run(self, images: Sequence[tuple[str, bytes]]) -> Iterable[Measured]:
        task, most_bytes = self._task, self._most_bytes
        if task.normalisation is None:
            return self._kernel.measure_all(images, task.operation, task.depth, most_bytes, self._values)
        return (self._kernel.normalise(data, key, task.normalisation, most_bytes) for key, data in images)

    def batch_files(self, batch: int, images: int) -> list[BatchFile]:
        if self._values is None:
            return []
        return [BatchFile("histograms", serialize_histogram(batch, images, self._values))]
