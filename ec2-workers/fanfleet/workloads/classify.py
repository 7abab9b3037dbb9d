"""Asks a model what each image is: the twin of src/workloads/classify/runner.ts."""

from functools import partial
from typing import Any

import numpy as np

from fanfleet.class_scores import best_scores
from fanfleet.classifier import Classifier, Description, row_of_scores
from fanfleet.inputs import Inputs
from fanfleet.kernels import Kernel
from fanfleet.model_batch import Made, ModelBatch
from fanfleet.workloads.runner import BatchFile


class ClassifyRunner:
    """As `Runner` says."""

    file_format = None

    def __init__(self, top: int, model_batch: int) -> None:
        """`model_batch` is the number of images that the model gets at once, on which no row depends."""
        self._top, self._model_batch = top, model_batch

    def begin(self, kernel: Kernel, most_bytes: int, inputs: Inputs) -> "ClassifyBatch":
        description = inputs.get("classifier", "classify", Description)
        make = partial(Classifier, description=description)
        classifier = inputs.get("model", f"classify {description.sha256}", make)
        return ClassifyBatch(kernel, most_bytes, classifier, self._top, self._model_batch)


class ClassifyBatch(ModelBatch):
    """As `BatchRunner` says."""

    def __init__(self, kernel: Kernel, most_bytes: int, classifier: Classifier, top: int, model_batch: int) -> None:
        self._classifier, self._top = classifier, top
        super().__init__(kernel, most_bytes, classifier, model_batch, self._scored)

    def batch_files(self, batch: int, images: int) -> list[BatchFile]:
        return []

    def _scored(self, made: Made, logits: np.ndarray) -> list[dict[str, Any]]:
        classifier = self._classifier
        scores = best_scores(logits, self._top, is_softmax=classifier.description.is_softmax)
        return [
            row_of_scores(key, one.width, one.height, values, best, classifier.labels)
            for (key, one), values, best in zip(made, logits, scores, strict=True)
        ]


def runner(params: dict[str, Any]) -> ClassifyRunner:
    return ClassifyRunner(params["top"], params["modelBatch"])
