"""Whether a model is quicker with many images at once: the twin of src/models/inference/quickest-parts.ts."""

_TRIALS = 2
"""Batches by which each way is judged, the quickest of which counts: the first one of a session is slow."""


class QuickestParts:
    """Finds out whether a model is quicker with the images of a batch at once or with one after the other.

    It does by the first full batches. A small network of large images is done sooner alone, since what it computes of
    several does not stay in the caches of the processor. Its answers do not depend on it.
    """

    def __init__(self, most: int) -> None:
        """`most` is the number of images of a full batch."""
        self._most = most
        self._together: list[float] = []
        self._alone: list[float] = []

    def next(self, images: int) -> int:
        """How many of the images of the next batch the model is to have at a time."""
        if self._most == 1:
            return 1
        is_known = min(len(self._together), len(self._alone)) >= _TRIALS
        if is_known or images < self._most:
            return 1 if self._is_quicker_alone() else images
        return images if len(self._together) <= len(self._alone) else 1

    def took(self, images: int, at_once: int, seconds: float) -> None:
        """A batch of so many images took this long, so many at a time."""
        if images == self._most:
            (self._alone if at_once == 1 else self._together).append(seconds)

    def _is_quicker_alone(self) -> bool:
        return bool(self._alone) and min(self._alone) < min(self._together)
