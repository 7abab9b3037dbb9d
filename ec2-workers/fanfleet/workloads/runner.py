"""What a workload does with the images of a batch: the twin of `Runner` in src/workloads/workload.ts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from fanfleet.inputs import Inputs
from fanfleet.kernels import Kernel
from fanfleet.row import Measured


@dataclass(frozen=True, slots=True)
class BatchFile:
    """A file of a whole batch beside its rows, in a folder of the arm that has one of each batch."""

    folder: str
    text: str
    """JSON, the same to the byte from every program."""


class BatchRunner(Protocol):
    """Made anew for each batch, since it may add up over its images."""

    def run(self, images: Sequence[tuple[str, bytes]]) -> Iterable[Measured]:
        """Do images that are there together, each a key and its bytes, in their order.

        What cannot be done is a row with its error. Images whose files take more than their rows are done one by one,
        as they are asked for.
        """

    def batch_files(self, batch: int, images: int) -> list[BatchFile]:
        """The files of the batch, after all of its images were done; `images` are those that could be."""


class Runner(Protocol):
    file_format: str | None
    """What is written as a file of each image, a format of normalised_file.py; then long keys are refused."""

    def begin(self, kernel: Kernel, most_bytes: int, inputs: Inputs) -> BatchRunner:
        """`most_bytes` is the memory that one image may take; `inputs` has the files of the run that all workers need.

        Raises what reading these raises.
        """
