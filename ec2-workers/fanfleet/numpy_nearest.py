"""The nearest of a training set, found by numpy."""

from typing import Any

import numpy as np

_VALUES = 1024
"""Values of two vectors whose products are added up at once."""
_QUERIES, _VECTORS = 256, 4096
"""Dot products that are made at once: some MB."""


class NumpyNearest:
    """As `fanfleet.nearest.Nearest` says.

    A distance is |q|^2 + |t|^2 - 2 q.t, which stays what it is if 128 is taken off every value. Then a product of two
    values is of at most 2^14, and a sum of at most 1,024 of them of at most 2^24: all such integers are numbers of
    float32. So a matrix product of float32 is exact, in whatever order it adds up, with whatever BLAS numpy has, or
    none, and is many times as fast as one of integers. Sums of these, and of squares, are added up as integers. How
    many threads the product takes is the BLAS's business (`OPENBLAS_NUM_THREADS`).
    """

    name = "numpy"

    def __init__(self, training: Any) -> None:
        self.shape = training.shape
        self._training = training

    def find(self, queries: Any, k: int) -> tuple[Any, Any]:
        found = [np.empty((0, k), np.uint64)]
        found += [self._find(queries[at : at + _QUERIES], k) for at in range(0, len(queries), _QUERIES)]
        keys = np.concatenate(found)
        return (keys & 0xFFFF_FFFF).astype(np.uint32), (keys >> 32).astype(np.uint32)

    def _find(self, queries: Any, k: int) -> Any:
        """Keys of the nearest in order: the distance, and behind it 32 bits of the index."""
        of_queries = _Vectors(queries)
        best = np.empty((len(queries), 0), np.uint64)
        for at in range(0, len(self._training), _VECTORS):
            vectors = self._training[at : at + _VECTORS]
            distances = _distances(of_queries, _Vectors(vectors)).astype(np.uint64)
            keys = (distances << 32) | np.arange(at, at + len(vectors), dtype=np.uint64)
            best = np.concatenate([best, _least(keys, k)], axis=1)
            best = _least(best, k)
        return np.sort(best, axis=1)


class _Vectors:
    """Vectors less 128, in parts of as many values as are added up at once, and their squares."""

    def __init__(self, vectors: Any) -> None:
        centred = vectors.astype(np.float32) - 128
        self.parts = [centred[:, at : at + _VALUES] for at in range(0, centred.shape[1], _VALUES)]
        self.squares = sum(np.einsum("ij,ij->i", part, part).astype(np.int64) for part in self.parts)


def _distances(queries: _Vectors, vectors: _Vectors) -> Any:
    distances = queries.squares[:, None] + vectors.squares
    for ours, theirs in zip(queries.parts, vectors.parts, strict=True):
        distances -= 2 * (ours @ theirs.T).astype(np.int64)
    return distances


def _least(keys: Any, k: int) -> Any:
    """The k least of each row, in any order."""
    return keys if keys.shape[1] <= k else np.partition(keys, k - 1, axis=1)[:, :k]
