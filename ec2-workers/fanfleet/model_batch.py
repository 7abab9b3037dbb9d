"""Asks a model about the images of a batch: the twin of src/workloads/model-runner.ts."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from fanfleet.image_model import ImageModel
from fanfleet.kernels import Kernel
from fanfleet.row import Measured
from fanfleet.tensors import Tensored

Made = Sequence[tuple[str, Tensored]]
"""Images by their keys, with what became of their tensors."""


class ModelBatch:
    """`group_images` and `run` of a `BatchRunner` (workloads/runner.py).

    No thread makes tensors while the model answers: a process has one core, where that took as long. Bytes come
    meanwhile.
    """

    def __init__(
        self,
        kernel: Kernel,
        most_bytes: int,
        model: ImageModel,
        model_batch: int,
        rows_of: Callable[[Made, np.ndarray], Iterable[dict[str, Any]]],
    ) -> None:
        """`model_batch` is the number of images that the model gets at once, on which no row depends.

        `rows_of` gives the rows of images that have tensors, in their order, by what the model gave: float32 of the
        shape (images, values).
        """
        self._kernel, self._most_bytes = kernel, most_bytes
        self._model, self._rows_of = model, rows_of
        # An eighth of an image's memory: as much again is for bytes that were fetched.
        fitting = most_bytes // 8 // model.description.tensor_bytes
        self.group_images = max(1, min(model_batch, fitting))
        self._tensors = model.empty(self.group_images)

    @property
    def fitting(self) -> int | None:
        """So many images the model can have at a time, where memory did not suffice for as many as it was given."""
        return self._model.fitting

    def run(self, images: Sequence[tuple[str, bytes]]) -> Iterator[Measured]:
        made: list[tuple[str, Tensored]] = []
        count = at = 0
        while at < len(images):
            # Where images cannot be decoded the next ones take their places.
            part, left = images[at : at + len(self._tensors) - count], self._tensors[count:]
            tensors = self._kernel.tensors(part, self._model.recipe, left, self._most_bytes)
            made += zip((key for key, _ in part), tensors, strict=True)
            count += sum(one.failed is None for one in tensors)
            at += len(part)
            if count == len(self._tensors) or at == len(images):
                yield from self._ask(made, count)
                made, count = [], 0

    def _ask(self, made: Made, count: int) -> Iterator[Measured]:
        """The rows of images whose tensors, `count` of them, are there."""
        started = time.perf_counter()
        rows = iter(self._rows([each for each in made if each[1].failed is None]) if count else [])
        model_ms = (time.perf_counter() - started) * 1000 / max(1, count)
        for _, one in made:
            row, compute_ms = one.failed, 0.0
            if row is None:
                row, compute_ms = next(rows), one.compute_ms + model_ms
            yield Measured(row, one.decode_ms, compute_ms, one.detail, None, one.dropped_bits, one.left_to)

    def _rows(self, made: Made) -> list[dict[str, Any]]:
        return list(self._rows_of(made, self._model.outputs(self._tensors[: len(made)], len(self._tensors))))
