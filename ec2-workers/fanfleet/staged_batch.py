"""A batch in one of several stages: loaded once, and kept for those to come."""

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from fanfleet.aws import split_uri
from fanfleet.batch_images import BatchDone, do_images, read_objects, require_wanted
from fanfleet.decoded import row_of_size
from fanfleet.inputs import Inputs, StageState
from fanfleet.kept_batches import KEPT, KeptBatch, round_of
from fanfleet.kernels import Kernel
from fanfleet.row import Measured
from fanfleet.task import Task
from fanfleet.workloads.runner import BatchFile, Loaded, StageStep
from fanfleet.workloads.runners import staged_runner_of


def do_stage(s3: Any, task: Task, kernel: Kernel, is_wanted: Callable[[], bool], beginning: float) -> BatchDone:
    """Load the batch unless it is kept, and have the workload make its rows and files of it.

    `beginning` is when work on it began, by `time.perf_counter`. Raises Unwanted, and what reading raises.
    """
    assert task.stage is not None
    bucket, _ = split_uri(task.manifest)
    stage = StageState(s3, bucket, task.stage)
    step = staged_runner_of(task.workload).at(kernel, stage, Inputs(s3, task.manifest))
    place = (round_of(task), task.batch, stage.number)
    # The first stage does what loading takes, however often it is done.
    kept = None if stage.number == 0 else KEPT.get(*place)
    if kept is not None:
        require_wanted(task, is_wanted)
        done = BatchDone(gets=0, list_ms=_since(beginning), dropped_bits=kept.dropped_bits, left=kept.left)
    else:
        objects = read_objects(s3, task)
        done = BatchDone(list_ms=_since(beginning))
        loaded = _load(s3, task, kernel, step, objects, is_wanted, done)
        kept = KeptBatch(loaded, done.dropped_bits, done.left)
        KEPT.put(*place, kept)
    stepping = time.perf_counter()
    made = step.step(kept.loaded)
    for row in made.rows:
        done.add(row)
    done.files = made.files
    done.compute_ms = _since(stepping)
    return done


def _load(
    s3: Any,
    task: Task,
    kernel: Kernel,
    step: StageStep,
    objects: list[dict[str, Any]],
    is_wanted: Callable[[], bool],
    done: BatchDone,
) -> Loaded:
    loading = _Loading(kernel, task.image_memory * 2**20, step.size, len(objects))
    rows = list(do_images(s3, task, loading, None, objects, is_wanted, done))
    return Loaded(rows, loading.pixels())


class _Loading:
    """As `BatchRunner` of workloads/runner.py: its rows say no more than sizes, and it has the pixels."""

    group_images = 1

    def __init__(self, kernel: Kernel, most_bytes: int, size: tuple[int, int], most_images: int) -> None:
        """`size` is the width and height that images must have."""
        self._kernel, self._most_bytes, self._size = kernel, most_bytes, size
        width, height = size
        # Of images that fail nothing is written, and no memory is taken.
        self._pixels = np.empty((most_images, width * height * 3), np.uint8)
        self._count = 0

    def run(self, images: Sequence[tuple[str, bytes]]) -> Iterator[Measured]:
        for key, data in images:
            # Where an image cannot be used the next one takes its place; a larger one comes into a buffer of its own.
            one = self._kernel.pixels(data, key, self._most_bytes, into=self._pixels[self._count :])
            row = row_of_size(key, one, self._size)
            self._count += "error" not in row
            yield Measured(row, one.decode_ms, 0.0, one.detail, None, one.dropped_bits, one.left_to)

    def batch_files(self, batch: int, images: int) -> list[BatchFile]:
        return []

    def pixels(self) -> np.ndarray:
        """Of the images that could be used, in their order. The rest was never written, so that it takes no memory."""
        return self._pixels[: self._count]


def _since(beginning: float) -> float:
    """Milliseconds."""
    return (time.perf_counter() - beginning) * 1000
