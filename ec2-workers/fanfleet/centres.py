"""The exact nearest of centres that are fractions: vectors of bytes, by squared Euclidean distance.

The twin of src/kernel/centres.ts. Natively where the library is there, else by numpy: both find the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from fanfleet.kernels import choose_library
from fanfleet.nearest import MOST_LENGTH

MOST_VALUES = 1 << 20
"""Values of all centres together."""
MOST_COUNT = 1 << 31
"""Vectors of which a centre is the mean."""

Centre = tuple[int, Sequence[int]]
"""The mean of vectors of bytes, of which nothing is rounded: how many, and of each value the sum."""


@dataclass(frozen=True, slots=True)
class Assigned:
    """What became of vectors: all numbers are exact."""

    labels: Any
    """Of each vector the number of the nearest centre: an array of uint32."""
    counts: list[int]
    """Of each centre how many vectors went to it."""
    squares: list[int]
    """Of each centre the sum of |x|^2 over these."""
    sums: list[list[int]]
    """Of each centre the sums of each of their values."""


class Finder(Protocol):
    """What finds the nearest centre, and adds up."""

    name: str
    """`native` or `numpy`."""

    def assign(self, vectors: Any) -> tuple[Any, Any]:
        """Labels of C-contiguous vectors, an array of uint32.

        With them of each centre how many vectors went to it, the sum of their squares, and the sums of each value: an
        array of integers of 64 bits of the shape (k, d + 2).
        """


class Centres:
    """Centres that were prepared once for all vectors."""

    def __init__(self, finder: Finder, count: int, length: int) -> None:
        self.name = finder.name
        self.shape = (count, length)
        """How many there are, and bytes of a vector."""
        self._finder = finder

    def assign(self, vectors: Any) -> Assigned:
        """The nearest centre of each vector, compared as fractions; of centres that are equally near the first.

        `vectors` is an array of uint8 of the shape (n, d), n from 0 on. Natively a call takes one thread and does not
        hold the interpreter's lock: others may run beside it. Raise ValueError.
        """
        length, kind = self.shape[1], type(vectors).__name__
        if isinstance(vectors, np.ndarray):
            kind = f"{vectors.dtype} of shape {vectors.shape}"
        if not isinstance(vectors, np.ndarray) or vectors.dtype != np.uint8 or vectors.shape[1:] != (length,):
            raise ValueError(f"Expected `vectors` to be an array of uint8 of the shape (n, {length}) but got {kind}.")
        labels, totals = self._finder.assign(np.ascontiguousarray(vectors))
        return Assigned(labels, totals[:, 0].tolist(), totals[:, 1].tolist(), totals[:, 2:].tolist())


def prepare(centres: Sequence[Centre], length: int, wanted: str = "auto", path: Path | None = None) -> Centres:
    """Prepare one or more centres of `length` values, 1 to 66,051, and of 1,048,576 values in all at most.

    `wanted` and `path` are those of `fanfleet.kernels.choose`. Raise ValueError, or KernelUnavailable.
    """
    numbers = _numbers(centres, length)
    library = choose_library(wanted, path)
    if library is not None:
        from fanfleet.native_centres import NativeCentres

        return Centres(NativeCentres(library, numbers), len(centres), length)
    from fanfleet.numpy_centres import NumpyCentres

    return Centres(NumpyCentres(numbers), len(centres), length)


def _numbers(centres: Sequence[Centre], length: int) -> Any:
    """Of each centre its count, and behind it its sums: integers of 64 bits of the shape (k, d + 1)."""
    if not 1 <= length <= MOST_LENGTH:
        raise ValueError(f"Expected vectors of 1 to {MOST_LENGTH} bytes but got {length}.")
    if not 1 <= len(centres) * length <= MOST_VALUES:
        raise ValueError(
            f"Expected one or more centres, of {MOST_VALUES} values in all at most, but got {len(centres)} of {length}."
        )
    for at, (count, sums) in enumerate(centres):
        if not 1 <= count <= MOST_COUNT:
            raise ValueError(f"Expected centre {at} to be the mean of 1 to 2^31 vectors but got {count}.")
        if len(sums) != length:
            raise ValueError(f"Expected centre {at} to have {length} sums but got {len(sums)}.")
        most, wrong = 255 * count, min(sums) if min(sums) < 0 else max(sums)
        if not 0 <= wrong <= most:
            raise ValueError(f"Expected centre {at} to have sums of {count} bytes, 0 to {most}, but got {wrong}.")
    return np.array([[count, *sums] for count, sums in centres], np.int64)
