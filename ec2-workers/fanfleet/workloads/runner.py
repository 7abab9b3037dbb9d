"""What a workload does with the images of a batch: the twin of src/workloads/workload.ts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from fanfleet.inputs import Inputs, StageState
from fanfleet.kernels import Kernel
from fanfleet.row import Measured

if TYPE_CHECKING:
    # Most workloads need none, and processes start without it.
    import numpy as np


@dataclass(frozen=True, slots=True)
class BatchFile:
    """A file of a whole batch beside its rows, in a folder of the arm that has one of each batch."""

    folder: str
    body: str | bytes
    """JSON as text, or bytes of another form: the same from every program."""


class BatchRunner(Protocol):
    """Made anew for each batch, since it may add up over its images."""

    group_images: int
    """So many images or more it likes to do together: they are waited for, as far as memory allows. With 1 it gets the
    next one with what is there already."""

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


@dataclass(frozen=True, slots=True)
class Loaded:
    """The images of a batch with their pixels, or why they have none. Whoever gets it must not change it."""

    rows: Sequence[dict[str, Any]]
    """Of each: failed, or with its key, width, height and channels."""
    pixels: "np.ndarray"
    """R, G and B, row by row from the top, of those that are no failed rows, in their order: uint8 of the shape
    (images, width x height x 3)."""


@dataclass(frozen=True, slots=True)
class StageDone:
    """What a stage makes of a batch."""

    rows: Sequence[dict[str, Any]]
    files: Sequence[BatchFile]


class StageStep(Protocol):
    """One stage, ready for batches."""

    size: tuple[int, int]
    """The width and height that all images must have; one that differs is a row with `SIZE_DIFFERS`."""

    def step(self, loaded: Loaded) -> StageDone:
        """Rows and files depend on nothing but what is loaded and the state of the stage."""


class StagedRunner(Protocol):
    """How a worker does the batches of a workload that is map and reduce, again and again.

    It loads a batch once, and keeps what it loaded from one stage to the next as far as its memory allows.
    """

    def at(self, kernel: Kernel, state: StageState, inputs: Inputs) -> StageStep:
        """`inputs` has the files of the run that all workers need. Raises what reading these and the state raises."""


class Reducer(Protocol):
    """Adds up what the batches of a stage left, in the order of the manifest.

    Exact, and the same however images are cut into batches.
    """

    folder: str
    """The folder of the stage that has the files."""

    def add(self, file: bytes) -> None:
        """Raises ValueError where it is not what a worker writes."""

    def finish(self) -> tuple[str, bool]:
        """The state of the next stage, the same bytes from every program; and whether there is none."""
