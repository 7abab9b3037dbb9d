"""A model that classifies images: the twin of src/workloads/classify/classifier-file.ts and classified-row.ts."""

from typing import Any

import numpy as np

from fanfleet.class_scores import best_scores, logits_hash
from fanfleet.image_model import ImageModel, ModelDescription
from fanfleet.row import failed_row


class Description(ModelDescription):
    """What is said of a model: the file `classifier.json` (src/workloads/classify/classifier-file.ts)."""

    value = "a value of each class"

    def read(self, fields: dict[str, Any]) -> None:
        self.is_softmax: bool = fields["isSoftmax"]
        """Whether it gives probabilities."""
        self.labels: list[str] = fields["labels"]
        """The names of the classes, in the order of the output."""
        self.values = len(self.labels)


class Classifier(ImageModel):
    """A model that is loaded, with what is said of it. Threads may share it.

    classifier = Classifier(model_bytes, classifier_json_bytes)
    logits = classifier.logits(np.stack(tensors))
    """

    description: Description

    def __init__(self, model: bytes, description: bytes | Description) -> None:
        """As that of `ImageModel`. Raises InputDamaged for a description that is not what it should be."""
        said = description if isinstance(description, Description) else Description(description)
        super().__init__(model, said)
        self.labels = said.labels

    def logits(self, tensors: np.ndarray) -> np.ndarray:
        """A value of each class for each image: `outputs`."""
        return self.outputs(tensors)


def row_of(
    key: str, width: int, height: int, logits: np.ndarray, labels: list[str], is_softmax: bool, top: int
) -> dict[str, Any]:
    """The row of an image of this width and height: its best `top` classes by what the model gave for it.

    `logits` is float32 of the shape (classes,). Where one is no finite number the row is an error.
    """
    [scores] = best_scores(logits[np.newaxis], top, is_softmax=is_softmax)
    return row_of_scores(key, width, height, logits, scores, labels)


def row_of_scores(
    key: str, width: int, height: int, logits: np.ndarray, scores: list[list[int]] | None, labels: list[str]
) -> dict[str, Any]:
    """Likewise, where `best_scores` was asked for many images at once."""
    if scores is None:
        return failed_row(key, "SCORES_NOT_FINITE")
    size = {"width": width, "height": height, "channels": 3}
    return {"key": key, **size, "label": labels[scores[0][0]], "scores": scores, "logits": logits_hash(logits)}
