"""K-Means, exact: images go to the nearest centre, and centres become the means of these, again and again.

The twin of src/workloads/kmeans/. A centre is a fraction, of which nothing is rounded.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from operator import mul
from typing import Any

import numpy as np

from fanfleet.inputs import Inputs, StageState
from fanfleet.kernels import Kernel
from fanfleet.workloads.json_form import are_counts, compact, object_of
from fanfleet.workloads.runner import BatchFile, Loaded, StageDone

SUMS = "sums"
"""The folder of a stage with what each batch adds up to."""

_MOST_COUNT = 2**31
"""Images of one centre: counts beyond are not taken by the kernels. So sums of their bytes are far below 2^63."""


@dataclass(frozen=True, slots=True)
class State:
    """The centres with which a stage begins."""

    width: int
    height: int
    counts: list[int]
    """Of each centre, how many images it is the mean of; of the first stage each is an image."""
    sums: np.ndarray
    """Of these images, of each value: int64 of the shape (clusters, width x height x 3)."""


@dataclass(frozen=True, slots=True)
class Sums:
    """What images add up to, by the cluster that they went to."""

    counts: list[int]
    squares: list[int]
    """Of their squared lengths."""
    sums: np.ndarray
    """Of each of their values: int64 of the shape (clusters, values)."""


class KmeansRunner:
    """As `StagedRunner` says."""

    def at(self, kernel: Kernel, state: StageState, inputs: Inputs | None = None) -> "KmeansStep":
        # So that a run with the portable kernel has nothing native.
        wanted = "native" if kernel.name == "native" else "portable"
        return state.get(f"kmeans by {wanted}", partial(KmeansStep, wanted=wanted))


class KmeansStep:
    """As `StageStep` says; prepared once for all batches of a process. Safe to share between threads."""

    def __init__(self, file: bytes, wanted: str) -> None:
        """`file` is a state, and `wanted` is that of `centres.prepare`. Raises ValueError, and what that raises."""
        # The head only adds up, and needs no kernel.
        from fanfleet.centres import prepare

        state = read_state(file)
        self.size = (state.width, state.height)
        centres = list(zip(state.counts, state.sums.tolist(), strict=True))
        self._centres = prepare(centres, state.sums.shape[1], wanted)

    def step(self, loaded: Loaded) -> StageDone:
        assigned = self._centres.assign(loaded.pixels)
        labels = iter(assigned.labels.tolist())
        rows = [row if "error" in row else {**row, "label": str(next(labels))} for row in loaded.rows]
        totals = {"counts": assigned.counts, "squares": assigned.squares, "sums": assigned.sums}
        return StageDone(rows, [BatchFile(SUMS, compact(totals))])


class KmeansReducer:
    """As `Reducer` says. A cluster without images keeps its centre."""

    folder = SUMS

    def __init__(self, k: int, max_iterations: int, number: int, state: bytes) -> None:
        """Raises ValueError where the state is none of k centres."""
        self._state = read_state(state)
        if len(self._state.counts) != k:
            raise ValueError(f"Expected {k} centres but there are {len(self._state.counts)}.")
        self._is_last = number + 1 >= max_iterations
        self._total = Sums([0] * k, [0] * k, np.zeros_like(self._state.sums))

    def add(self, file: bytes) -> None:
        total, own = self._total, _read_sums(file, *self._state.sums.shape)
        for cluster, count in enumerate(own.counts):
            total.counts[cluster] += count
            total.squares[cluster] += own.squares[cluster]
        if max(total.counts) > _MOST_COUNT:
            raise ValueError("Expected 2^31 images of a cluster at most.")
        np.add(total.sums, own.sums, out=total.sums)

    def finish(self) -> tuple[str, bool]:
        state, total = self._state, self._total
        counts = [own or before for own, before in zip(total.counts, state.counts, strict=True)]
        sums = np.where(np.array(total.counts)[:, None] > 0, total.sums, state.sums)
        outcome = {
            "width": state.width,
            "height": state.height,
            "centres": [{"count": count, "sum": own} for count, own in zip(counts, sums.tolist(), strict=True)],
            "sizes": total.counts,
            "inertia": inertia_text(state, total),
        }
        # Where no centre changes no image would go elsewhere.
        is_same = counts == state.counts and np.array_equal(sums, state.sums)
        return compact(outcome), self._is_last or is_same


def inertia_text(state: State, total: Sums) -> str:
    """The sum of the squared distances of images to their centres, with 6 decimals: exact, then rounded half up.

    That of N images whose squared lengths add up to W and whose values add up to T, to the centre S/n, is
    W - 2 (T.S)/n + N |S|^2/n^2.
    """
    # Those with the same denominator together: there may be a thousand clusters.
    numerators: Counter[int] = Counter()
    for cluster, count in enumerate(total.counts):
        if count > 0:
            n, centre = state.counts[cluster], state.sums[cluster].tolist()
            crossed, own = sum(map(mul, total.sums[cluster].tolist(), centre)), sum(map(mul, centre, centre))
            numerators[n] += total.squares[cluster] * n * n - 2 * n * crossed + count * own
    above, below = 0, 1
    for n, numerator in numerators.items():
        above, below = above * n * n + numerator * below, below * n * n
    millionths = (2_000_000 * above + below) // (2 * below)
    return f"{millionths // 1_000_000}.{millionths % 1_000_000:06}"


def read_state(file: bytes) -> State:
    """Raises ValueError where it is none."""
    found = object_of(file, "centres", ("width", "height", "centres", "sizes", "inertia"))
    width, height, centres = found["width"], found["height"], found["centres"]
    if not are_counts([width, height]) or min(width, height) < 1:
        raise ValueError("Expected centres but they have no width and height.")
    if not isinstance(centres, list) or not all(isinstance(each, dict) for each in centres) or not centres:
        raise ValueError("Expected centres but there are none.")
    counts, sums = ([each.get(name) for each in centres] for name in ("count", "sum"))
    if not are_counts(counts) or not 1 <= min(counts) <= max(counts) <= _MOST_COUNT:
        raise ValueError("Expected centres of 1 to 2^31 images each but they have others.")
    return State(width, height, counts, _sums_of(sums, counts, width * height * 3, "centre"))


def _read_sums(file: bytes, k: int, length: int) -> Sums:
    """What a batch adds up to. Raises ValueError where it is not what a worker writes of k clusters."""
    found = object_of(file, "what a batch adds up to", ("counts", "squares", "sums"))
    counts, squares, sums = found["counts"], found["squares"], found["sums"]
    if not all(isinstance(each, list) and len(each) == k for each in (counts, squares, sums)):
        raise ValueError(f"Expected what a batch adds up to but it is not of {k} clusters.")
    if not are_counts(counts) or not are_counts(squares):
        raise ValueError("Expected what a batch adds up to but not all of it are integers from 0 on.")
    for cluster, (count, square) in enumerate(zip(counts, squares, strict=True)):
        if count > _MOST_COUNT or square > 255**2 * length * count:
            raise ValueError(f"Expected what a batch adds up to but that of cluster {cluster} cannot be of images.")
    return Sums(counts, squares, _sums_of(sums, counts, length, "cluster"))


def _sums_of(sums: Sequence[Any], counts: Sequence[int], length: int, name: str) -> np.ndarray:
    """Sums of bytes, each of as many as `counts` says."""
    for number, (own, count) in enumerate(zip(sums, counts, strict=True)):
        if not isinstance(own, list) or len(own) != length or not are_counts(own) or max(own) > 255 * count:
            raise ValueError(f"Expected {name} {number} to be of {count} images of {length} values but it is not.")
    return np.array(sums, np.int64)


def runner(params: dict[str, Any]) -> KmeansRunner:
    return KmeansRunner()


def reducer(params: dict[str, Any], number: int, state: bytes) -> KmeansReducer:
    return KmeansReducer(params["k"], params["maxIterations"], number, state)
