"""Asks a model what each image is: the twin of src/workloads/classify/runner.ts."""

import time
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from fanfleet.class_scores import best_scores
from fanfleet.classifier import Classifier, Description, row_of_scores
from fanfleet.inputs import Inputs
from fanfleet.kernels import Kernel
from fanfleet.row import Measured
from fanfleet.tensors import Tensored
from fanfleet.workloads.runner import BatchFile

TIMES_FILE = 3
"""The memory of a model that is being loaded, beside the size of its file (docs/models.md)."""


class ClassifyRunner:
    """As `Runner` says."""

    file_format = None

    def __init__(self, top: int, model_batch: int) -> None:
        """`model_batch` is the number of images that the model gets at once, on which no row depends."""
        self._top, self._model_batch = top, model_batch

    def begin(self, kernel: Kernel, most_bytes: int, inputs: Inputs) -> "ClassifyBatch":
        description = inputs.get("classifier", "classify", Description)
        make = partial(Classifier, description=description)
        classifier = inputs.get("model", f"classify {description.sha256}", make, TIMES_FILE)
        return ClassifyBatch(kernel, most_bytes, classifier, self._top, self._model_batch)


class ClassifyBatch:
    """As `BatchRunner` says.

    No thread makes tensors while the model answers: a process has one core, where that took as long. Bytes come
    meanwhile.
    """

    def __init__(self, kernel: Kernel, most_bytes: int, classifier: Classifier, top: int, model_batch: int) -> None:
        self._kernel, self._most_bytes = kernel, most_bytes
        self._classifier, self._top = classifier, top
        # An eighth of an image's memory: as much again is for bytes that were fetched.
        fitting = most_bytes // 8 // classifier.description.tensor_bytes
        self.group_images = max(1, min(model_batch, fitting))
        self._tensors = classifier.empty(self.group_images)

    def run(self, images: Sequence[tuple[str, bytes]]) -> Iterator[Measured]:
        made: list[tuple[str, Tensored]] = []
        count = at = 0
        while at < len(images):
            # Where images cannot be decoded the next ones take their places.
            part, left = images[at : at + len(self._tensors) - count], self._tensors[count:]
            tensors = self._kernel.tensors(part, self._classifier.recipe, left, self._most_bytes)
            made += zip((key for key, _ in part), tensors, strict=True)
            count += sum(one.failed is None for one in tensors)
            at += len(part)
            if count == len(self._tensors) or at == len(images):
                yield from self._classify(made, count)
                made, count = [], 0

    def batch_files(self, batch: int, images: int) -> list[BatchFile]:
        return []

    def _classify(self, made: Sequence[tuple[str, Tensored]], count: int) -> Iterator[Measured]:
        """The rows of images whose tensors, `count` of them, are there."""
        started = time.perf_counter()
        rows = iter(self._rows([each for each in made if each[1].failed is None]) if count else [])
        model_ms = (time.perf_counter() - started) * 1000 / max(1, count)
        for _, one in made:
            row, compute_ms = one.failed, 0.0
            if row is None:
                row, compute_ms = next(rows), one.compute_ms + model_ms
            yield Measured(row, one.decode_ms, compute_ms, one.detail, None, one.dropped_bits, one.left_to)

    def _rows(self, made: Sequence[tuple[str, Tensored]]) -> list[dict[str, Any]]:
        classifier = self._classifier
        logits = classifier.logits(self._tensors[: len(made)])
        scores = best_scores(logits, self._top, is_softmax=classifier.description.is_softmax)
        return [
            row_of_scores(key, one.width, one.height, values, best, classifier.labels)
            for (key, one), values, best in zip(made, logits, scores, strict=True)
        ]


def runner(params: dict[str, Any]) -> ClassifyRunner:
    return ClassifyRunner(params["top"], params["modelBatch"])
