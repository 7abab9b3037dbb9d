"""The histogram of a batch: the twin of src/contract/histogram-file.ts, and of `ValueCounts` in src/kernel."""

import json
from operator import add
from typing import Any


class ValueCounts:
    """How often each value occurs in many images: for R, G and B."""

    def __init__(self) -> None:
        self.counts = [[0] * 256 for _ in range(3)]
        """Of 8 bits."""
        self.deep_images = 0
        """Images of 16 bits, and their counts: an array of the shape (3, 65536) as soon as there is one."""
        self.deep_counts: Any = None

    def add(self, counts: Any, *, is_deep: bool = False) -> None:
        """Add an image by the counts of its grey, or of its R, G and B, as `Measured` has them."""
        if is_deep:
            self.deep_images += 1
            self.deep_counts = counts + (0 if self.deep_counts is None else self.deep_counts)
            return
        channels = counts if len(counts) == 3 else [*counts] * 3
        self.counts = [list(map(add, own, other)) for own, other in zip(self.counts, channels, strict=True)]


def serialize_histogram(batch: int, images: int, values: ValueCounts) -> str:
    """The one text form of a histogram file; `images` are those that could be measured."""
    file: dict[str, Any] = {"batch": batch, "images": images, "counts": values.counts}
    if values.deep_images > 0:
        file["deep"] = {"images": values.deep_images, "counts": _pairs(values.deep_counts)}
    return json.dumps(file, separators=(",", ":"))


def _pairs(counts: Any) -> list[list[int]]:
    """Of each channel the values that occur, each before its count."""
    channels = counts.tolist() * (1 if len(counts) == 3 else 3)
    return [
        [number for value, count in enumerate(channel) if count for number in (value, count)] for channel in channels
    ]
