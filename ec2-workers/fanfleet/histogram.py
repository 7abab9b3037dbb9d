"""The histogram of a batch: the twin of src/run/histogram-file.ts and of `ValueCounts` in src/kernel/histogram.ts."""

import json
from collections.abc import Sequence
from operator import add


class ValueCounts:
    """How often each of the values 0-255 occurs in many images: for R, G and B."""

    def __init__(self) -> None:
        self.counts = [[0] * 256 for _ in range(3)]

    def add(self, counts: Sequence[Sequence[int]]) -> None:
        """Add an image by the counts of its grey, or of its R, G and B."""
        channels = counts if len(counts) == 3 else [*counts] * 3
        self.counts = [list(map(add, own, other)) for own, other in zip(self.counts, channels, strict=True)]


def serialize_histogram(batch: int, images: int, counts: Sequence[Sequence[int]]) -> str:
    """The one text form of a histogram file; `images` are those that could be measured."""
    return json.dumps({"batch": batch, "images": images, "counts": counts}, separators=(",", ":"))
