"""The nearest of centres, found by numpy."""

from typing import Any

import numpy as np

_BITS = 20
"""Of a fraction: values are in units of 2^-20."""
_NUMBERS = 1 << 17
"""Numbers of a matrix that is made at once: 1 MB, unless one vector has more."""


class NumpyCentres:
    """As `fanfleet.centres.Finder` says.

    With x' = x - 128 and c = S / n - 128 the nearest centre has the greatest gain x'.c - |c|^2 / 2. Let
    2^20 c = q + r / n with q rounded, so that |r| <= n / 2 for each value. Then 2^20 x'.c is x'.q and an error of at
    most 128 |r|_1 / n; and x'.q is x.q less 128 times the sum of q. Each product of x and q is a whole number of at
    most 2^35, and sums of up to 66,051 of them are less than 2^52. All are numbers of float64, so that a matrix product
    of these is exact, in whatever order it adds up, with whatever BLAS numpy has. To them comes what is equal for all
    vectors, -2^20 |c|^2 / 2 rounded down among it: less than 2^51.

    Where the greatest gain is farther before the second than twice the largest error and the 1 of rounding, its centre
    is the nearest one. Else those that are as near are compared as fractions: |x - S/n|^2 - |x|^2 is F / n^2 with
    F = |S|^2 - 2 n x.S, in Python's integers.

    Sums by centre are a product with a matrix that has a 1 where a vector went, and exact likewise.
    """

    name = "numpy"

    def __init__(self, numbers: Any) -> None:
        self._counts = [int(count) for count in numbers[:, 0]]
        self._sums = numbers[:, 1:]
        # As Python's integers, since they have up to 96 bits.
        self._squares = [_square(sums) for sums in self._sums]
        centred = self._sums - 128 * numbers[:, :1]
        # 2^20 (S - 128 n) has up to 59 bits, and twice that one more.
        fixed = (centred * (2 << _BITS) + numbers[:, :1]) // (2 * numbers[:, :1])
        rest = np.abs((centred << _BITS) - fixed * numbers[:, :1]).sum(axis=1)
        error = max(-(-128 * int(left) // count) for left, count in zip(rest, self._counts, strict=True))
        self._margin = 2 * error + 1
        self._fixed = np.ascontiguousarray(fixed.T, np.float64)
        squares = [_square(each) for each in centred]
        bases = [(-square << _BITS) // (2 * n * n) for square, n in zip(squares, self._counts, strict=True)]
        self._bases = (np.array(bases) - 128 * fixed.sum(axis=1)).astype(np.float64)

    def assign(self, vectors: Any) -> tuple[Any, Any]:
        count, length = self._sums.shape
        labels = np.empty(len(vectors), np.uint32)
        totals = np.zeros((count, length + 2), np.int64)
        at_once = max(1, _NUMBERS // max(count, length))
        # The same memory for all: new pages cost more than what is done with them.
        floats = np.empty((min(at_once, len(vectors)), length))
        products = np.empty((len(floats), count))
        for at in range(0, len(vectors), at_once):
            bytes_of = vectors[at : at + at_once]
            some = floats[: len(bytes_of)]
            np.copyto(some, bytes_of)
            found = self._find(bytes_of, some, products[: len(bytes_of)])
            labels[at : at + at_once] = found
            went = np.zeros((len(some), count))
            went[np.arange(len(some)), found] = 1
            totals[:, 0] += np.bincount(found, minlength=count)
            totals[:, 1] += (np.einsum("ij,ij->i", some, some) @ went).astype(np.int64)
            totals[:, 2:] += (went.T @ some).astype(np.int64)
        return labels, totals

    def _find(self, vectors: Any, floats: Any, gains: Any) -> Any:
        np.matmul(floats, self._fixed, out=gains)
        gains += self._bases
        labels = gains.argmax(axis=1)
        least = gains[np.arange(len(gains)), labels] - self._margin
        may_be = gains >= least[:, None]
        for at in np.flatnonzero(np.count_nonzero(may_be, axis=1) > 1):
            labels[at] = self._nearest(vectors[at].astype(np.int64), np.flatnonzero(may_be[at]))
        return labels

    def _nearest(self, vector: Any, candidates: Any) -> int:
        """Of some centres in their order."""
        best, above, below = -1, 0, 0
        for at in map(int, candidates):
            count = self._counts[at]
            # Of up to 66,051 values x.S is less than 2^63.
            own = self._squares[at] - 2 * count * int(vector @ self._sums[at])
            if best < 0 or own * below < above * count * count:
                best, above, below = at, own, count * count
        return best


def _square(values: Any) -> int:
    return sum(value * value for value in values.tolist())
