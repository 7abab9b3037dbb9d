"""Takes each image for what most of the nearest in a training set are: the twin of src/workloads/knn/runner.ts."""

import json
import time
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np

from fanfleet.decoded import row_of_size
from fanfleet.inputs import InputDamaged, Inputs
from fanfleet.kernels import Kernel
from fanfleet.nearest import find, prepare
from fanfleet.row import Measured
from fanfleet.workloads.runner import BatchFile

QUERY_BYTES = 8 * 2**20
"""Pixels that are held to be compared together: many times what the processor's caches hold."""

_MAGIC = b"FFKNN001"


class TrainingSet:
    """What the images are compared with, ready for queries."""

    def __init__(self, file: bytes, wanted: str) -> None:
        """The form of `file` is that of src/workloads/knn/training.ts; `wanted` is that of `nearest.prepare`.

        Raises InputDamaged, and what `prepare` raises.
        """
        if not file.startswith(_MAGIC):
            raise InputDamaged("Expected a training set but it does not begin as one.")
        at = len(_MAGIC) + 4
        labels_at = at + int.from_bytes(file[len(_MAGIC) : at], "little")
        header = json.loads(file[at:labels_at])
        self.width: int = header["width"]
        self.height: int = header["height"]
        count, length = header["count"], self.width * self.height * 3
        pixels_at = labels_at + 4 * count
        if len(file) != pixels_at + count * length:
            raise InputDamaged(f"Expected a training set but it has {len(file)} bytes.")
        self.labels: list[str] = header["labels"]
        """In their order, which decides between labels of as many votes."""
        self.label_of: list[int] = np.frombuffer(file, "<u4", count, labels_at).tolist()
        """The label of each image, by its place in `labels`."""
        foreign = next((label for label in self.label_of if label >= len(self.labels)), None)
        if foreign is not None:
            raise InputDamaged(f"Expected a training set but it has a label {foreign} of {len(self.labels)}.")
        pixels = np.frombuffer(file, np.uint8, count * length, pixels_at)
        self.nearest = prepare(pixels.reshape(count, length), wanted)

    def vote(self, neighbours: Iterable[Sequence[int]]) -> str:
        """The label of most of them, each an index and a distance; of as many votes the first in order."""
        votes: dict[int, int] = {}
        for index, _ in neighbours:
            label = self.label_of[index]
            votes[label] = votes.get(label, 0) + 1
        return self.labels[min(votes, key=lambda label: (-votes[label], label))]


class KnnRunner:
    """As `Runner` says."""

    file_format = None

    def __init__(self, k: int) -> None:
        self._k = k

    def begin(self, kernel: Kernel, most_bytes: int, inputs: Inputs) -> "KnnBatch":
        # So that a run with the portable kernel has nothing native.
        wanted = "native" if kernel.name == "native" else "portable"
        training = inputs.get("training", f"knn by {wanted}", partial(TrainingSet, wanted=wanted))
        return KnnBatch(kernel, most_bytes, training, self._k)


class KnnBatch:
    """As `BatchRunner` says."""

    group_images = 1

    def __init__(self, kernel: Kernel, most_bytes: int, training: TrainingSet, k: int) -> None:
        self._kernel, self._most_bytes = kernel, most_bytes
        self._training, self._k = training, k

    def run(self, images: Sequence[tuple[str, bytes]]) -> Iterator[Measured]:
        _, length = self._training.nearest.shape
        at_once = max(1, QUERY_BYTES // length)
        for at in range(0, len(images), at_once):
            yield from self._classify(images[at : at + at_once])

    def batch_files(self, batch: int, images: int) -> list[BatchFile]:
        return []

    def _classify(self, images: Sequence[tuple[str, bytes]]) -> Iterator[Measured]:
        queries = np.empty((len(images), self._training.nearest.shape[1]), np.uint8)
        size = (self._training.width, self._training.height)
        done: list[Measured] = []
        asked: list[dict[str, Any]] = []
        for key, data in images:
            # Where an image is not asked the next one takes its place; a larger one comes into a buffer of its own.
            one = self._kernel.pixels(data, key, self._most_bytes, into=queries[len(asked) :])
            row = row_of_size(key, one, size)
            done.append(Measured(row, one.decode_ms, 0.0, one.detail, None, one.dropped_bits, one.left_to))
            if "error" not in row:
                asked.append(row)
        started = time.perf_counter()
        indices, distances = find(self._training.nearest, queries[: len(asked)], self._k)
        for row, neighbours in zip(asked, np.stack((indices, distances), axis=2).tolist(), strict=True):
            row["label"] = self._training.vote(neighbours)
            row["neighbours"] = neighbours
        compute_ms = (time.perf_counter() - started) * 1000 / max(1, len(asked))
        for each in done:
            yield each if "error" in each.row else each._replace(compute_ms=compute_ms)


def runner(params: dict[str, Any]) -> KnnRunner:
    return KnnRunner(params["k"])
