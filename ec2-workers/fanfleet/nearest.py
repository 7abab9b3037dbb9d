"""The exact nearest of a training set: vectors of bytes, by squared Euclidean distance.

The twin of src/kernel/nearest.ts. Natively where the library is there, else by numpy: both find the same.
"""

from pathlib import Path
from typing import Any, Protocol

import numpy as np

from fanfleet.kernels import choose_library

MOST_LENGTH = 66_051
"""Longer vectors may have distances of more than 32 bits: 66,051 * 255^2 < 2^32."""


class Nearest(Protocol):
    """A training set that was prepared once for all queries."""

    name: str
    """`native` or `numpy`."""
    shape: tuple[int, int]
    """Vectors of the training set, and bytes of each."""

    def find(self, queries: Any, k: int) -> tuple[Any, Any]:
        """Indices and distances of the k nearest of each query: arrays of uint32, each of the shape (m, k).

        `queries` are m C-contiguous vectors of the training set's length, uint8, and k is 1 to the count of these.
        """


def prepare(training: Any, wanted: str = "auto", path: Path | None = None) -> Nearest:
    """Prepare a training set, an array of uint8 of the shape (n, d), d of 1 to 66,051. It must not change any more.

    `wanted` and `path` are those of `fanfleet.kernels.choose`. Raise ValueError, or KernelUnavailable.
    """
    vectors = _vectors(training, "training")
    if len(vectors) == 0 or not 1 <= vectors.shape[1] <= MOST_LENGTH:
        raise ValueError(f"Expected training vectors of 1 to {MOST_LENGTH} bytes but got the shape {vectors.shape}.")
    library = choose_library(wanted, path)
    if library is not None:
        from fanfleet.native_nearest import NativeNearest

        return NativeNearest(library, vectors)
    from fanfleet.numpy_nearest import NumpyNearest

    return NumpyNearest(vectors)


def find(prepared: Nearest, queries: Any, k: int) -> tuple[Any, Any]:
    """The nearest of each query by squared Euclidean distance, exact, ordered by distance and then by index.

    `queries` is an array of uint8 of the shape (m, d). Gives indices and distances, arrays of uint32 of the shape
    (m, min(k, n)). Natively a call takes one thread and does not hold the interpreter's lock: others may run beside it.
    Raise ValueError.
    """
    count, length = prepared.shape
    vectors = _vectors(queries, "queries")
    if vectors.shape[1] != length:
        raise ValueError(f"Expected `queries` of {length} bytes but got {vectors.shape[1]}.")
    if k < 1:
        raise ValueError(f"Expected `k` from 1 on but got {k}.")
    return prepared.find(vectors, min(k, count))


def nearest(training: Any, queries: Any, k: int, wanted: str = "auto", path: Path | None = None) -> tuple[Any, Any]:
    """`find` in a training set that is used once; see `prepare`."""
    return find(prepare(training, wanted, path), queries, k)


def _vectors(array: Any, name: str) -> Any:
    if not isinstance(array, np.ndarray) or array.dtype != np.uint8 or array.ndim != 2:
        kind = f"{array.dtype} of shape {array.shape}" if isinstance(array, np.ndarray) else type(array).__name__
        raise ValueError(f"Expected `{name}` to be an array of uint8 with two axes but got {kind}.")
    return np.ascontiguousarray(array)
