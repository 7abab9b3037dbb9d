"""The set that bench/learning-sets.ts has written, as users hold one: an array of numbers with an image in each row."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np


@dataclass(frozen=True, slots=True)
class LearningSet:
    images: Any
    """float64 of the shape (images, pixels), 0 to 255."""
    labels: Any
    asked: int
    start: Any
    """float64 of the shape (clusters, pixels): the images with which K-Means begins."""
    neighbours: int

    @property
    def learned_from(self) -> tuple[Any, Any]:
        return self.images[: -self.asked], self.labels[: -self.asked]

    @property
    def queries(self) -> Any:
        return self.images[-self.asked :]


def read_set(folder: Path) -> LearningSet:
    told = json.loads((folder / "set.json").read_text())
    pixels = np.fromfile(folder / "images.bin", np.uint8).reshape(-1, told["length"])
    images = pixels.astype(np.float64)
    labels = np.fromfile(folder / "labels.bin", np.uint8).astype(np.int64)
    return LearningSet(images, labels, told["asked"], images[told["start"]], told["neighbours"])


def rows(labels: Sequence[int]) -> list[list[int]]:
    return [[int(label)] for label in labels]
