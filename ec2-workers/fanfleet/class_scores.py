"""From what a model gives for an image to its best classes: the twin of src/workloads/classify/scores.ts.

The same operations in the same order in both languages, none of them of a library whose last bit is its own: so the
scores of the same values are the same integers everywhere (docs/classify.md).
"""

import hashlib
from collections.abc import Iterator
from itertools import accumulate
from operator import truediv

import numpy as np

MOST_VALUES = 2**17
"""So many are in hand at once: the caches hold them, and memory does not depend on the number of images."""

SORTED_WHOLE = 64
"""Classes that are sorted as they are; of more the best are picked out first."""

LEAST = -32.0
"""What is so far below the best value counts as no part of the sum: e^-32 is 10^-14."""

_LOG2_E = 1.4426950408889634
_LN_2_HIGH = 0.6931471803691238
"""Its last 21 bits are zero, so that a multiple of it by a small integer is exact."""
_LN_2_LOW = 1.9082149292705877e-10
_COEFFICIENTS = list(accumulate(range(1, 14), truediv, initial=1.0))
"""Of x^k in e^x: 1 / k!."""


def best_scores(values: np.ndarray, top: int, *, is_softmax: bool) -> list[list[list[int]] | None]:
    """The best `top` classes of each image, or all if there are fewer: of each its index and its score in millionths.

    `values` are float32 of the shape (images, classes): probabilities where `is_softmax`, else what a softmax is to be
    made of. Ordered by value, of equal ones (0 and -0 are) by index. None for an image with a value that is no finite
    number.
    """
    scores: list[list[list[int]] | None] = []
    at_once = max(1, MOST_VALUES // values.shape[1])
    for at in range(0, len(values), at_once):
        scores += _scores(values[at : at + at_once], top, is_softmax)
    return scores


def _scores(values: np.ndarray, top: int, is_softmax: bool) -> Iterator[list[list[int]] | None]:
    finite = np.isfinite(values).all(axis=1)
    # Nobody looks at the others, but they have to pass without warnings.
    sound = values if finite.all() else np.where(finite[:, None], values, np.float32(0))
    best = _best(sound, top)
    if is_softmax:
        shares = np.take_along_axis(sound, best, 1).astype(np.float64)
    else:
        exponentials = _exponentials(sound)
        # One after the other: `sum` would add in pairs.
        sums = np.add.accumulate(exponentials, axis=1)[:, -1:]
        shares = np.take_along_axis(exponentials, best, 1) / sums
    millionths = np.floor(shares * 1e6 + 0.5).astype(np.int64)
    pairs = np.stack((best, millionths), axis=2).tolist()
    return (each if is_sound else None for each, is_sound in zip(pairs, finite.tolist(), strict=True))


def logits_hash(values: np.ndarray) -> str:
    """What vouches for all values of an image: 16 hexadecimal digits."""
    return hashlib.sha256(values.astype("<f4", copy=False).tobytes()).hexdigest()[:16]


def _best(values: np.ndarray, top: int) -> np.ndarray:
    """The classes by value, then by index, of each image."""
    if values.shape[1] <= SORTED_WHOLE:
        return np.argsort(-values, axis=1, kind="stable")[:, :top]
    least = np.partition(values, -top, axis=1)[:, -top]
    best = np.empty((len(values), top), np.int64)
    for row, among in enumerate(map(np.flatnonzero, values >= least[:, None])):
        best[row] = among[np.argsort(-values[row, among], kind="stable")][:top]
    return best


def _exponentials(values: np.ndarray) -> np.ndarray:
    """e^(value - largest), in doubles."""
    doubles = values.astype(np.float64)
    below = doubles - doubles.max(axis=1, keepdims=True)
    near = below >= LEAST
    # What is further away gets a 0, and no power of 2 that there may not be.
    x = np.where(near, below, 0.0)
    n = np.floor(x * _LOG2_E + 0.5)
    r = (x - n * _LN_2_HIGH) - n * _LN_2_LOW
    sums = np.full_like(r, _COEFFICIENTS[-1])
    for coefficient in reversed(_COEFFICIENTS[:-1]):
        sums *= r
        sums += coefficient
    return np.where(near, np.ldexp(sums, n.astype(np.int32)), 0.0)
