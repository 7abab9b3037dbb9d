"""What the kernels do with each image of a batch."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class ImageTask:
    operation: str
    """One of `OPERATIONS` in src/contract/operation.ts, or `normalise`."""
    depth: str
    """`8` or `native`: of how many bits of an image of 16 its row is."""
    counts_values: bool = False
    """Whether it is counted how often each value occurs in all images of the batch."""
    normalisation: dict[str, Any] | None = None
    """As `Normalisation` in src/contract/normalisation.ts, for a normalised copy of each image."""
