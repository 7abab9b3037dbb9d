"""Training of a network that classifies images: shards learn from the same values, whose mean is then taken, in rounds.

The twin of src/workloads/cnn/. Both have ONNX Runtime do the same graphs.
"""

import base64
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from fanfleet.image_model import session_of
from fanfleet.inputs import Inputs, StageState
from fanfleet.kernels import Kernel
from fanfleet.workloads.json_form import are_counts, compact, object_of
from fanfleet.workloads.runner import BatchFile, Loaded, StageDone

if TYPE_CHECKING:
    import onnxruntime

LEARNT = "learnt"
"""The folder of a stage with what each batch has learnt."""

_BATCH = 32
"""Images of a step, and of an evaluation."""


@dataclass(frozen=True, slots=True)
class State:
    """The values with which a stage begins."""

    side: int
    """Width and height of all images."""
    classes: int
    values: np.ndarray
    """Parameters and running averages, in the order of the inputs of the graphs: float32."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """What a shard learns in a round."""

    order: np.ndarray
    """The places of the images that steps take, 32 for each."""
    truth: np.ndarray
    """The class of each of these."""
    rate: np.float32
    momentum: np.float32


class CnnRunner:
    """As `StagedRunner` says."""

    def __init__(self, params: dict[str, Any]) -> None:
        self._params = params

    def at(self, kernel: Kernel, state: StageState, inputs: Inputs) -> "CnnStep":
        graphs = inputs.get("training", "cnn", session_of), inputs.get("evaluation", "cnn", session_of)
        truth = inputs.get("truth", "cnn", json.loads)
        return CnnStep(self._params, state.number, state.get("cnn", read_state), graphs, truth)


class CnnStep:
    """As `StageStep` says."""

    def __init__(
        self,
        params: dict[str, Any],
        number: int,
        state: State,
        graphs: tuple["onnxruntime.InferenceSession", "onnxruntime.InferenceSession"],
        truth: dict[str, Any],
    ) -> None:
        """`graphs` are those of training and of evaluation; `truth` is as in src/workloads/cnn/truth-file.ts."""
        self.size = (state.side, state.side)
        self._params, self._number, self._state, self._truth = params, number, state, truth
        self._training, self._evaluation = graphs

    def step(self, loaded: Loaded) -> StageDone:
        keys = [row["key"] for row in loaded.rows if "error" not in row]
        train, test = ([self._truth[part].get(key) for key in keys] for part in ("train", "test"))
        images = loaded.pixels.reshape(-1, self._state.side, self._state.side, 3)
        values = self._named_values()
        found = self._labels_of(images, values)
        lesson = self._lesson(train)
        losses, learnt = ([], None) if lesson is None else self._learn(images, values, lesson)
        file = {
            "images": 0 if lesson is None else sum(place is not None for place in train),
            "steps": len(losses),
            "loss": sum(map(_in_millionths, losses)),
            "train": _right_of(found, train),
            "test": _right_of(found, test),
            "values": None if learnt is None else _values_text(learnt),
        }
        labels = iter(found)
        names = self._truth["classes"]
        rows = [row if "error" in row else {**row, "label": names[next(labels)]} for row in loaded.rows]
        return StageDone(rows, [BatchFile(LEARNT, compact(file))])

    def _named_values(self) -> dict[str, np.ndarray]:
        values, at = {}, 0
        for value in self._evaluation.get_inputs():
            if value.name != "images":
                end = at + math.prod(value.shape)
                values[value.name] = self._state.values[at:end].reshape(value.shape)
                at = end
        if at != self._state.values.size:
            raise ValueError(f"Expected {at} values of the network but there are {self._state.values.size}.")
        return values

    def _labels_of(self, images: np.ndarray, values: dict[str, np.ndarray]) -> list[int]:
        """The class that each image is taken for: of as high scores the first."""
        labels: list[int] = []
        for begin in range(0, len(images), _BATCH):
            own = min(_BATCH, len(images) - begin)
            taken = images[begin + np.arange(_BATCH) % own]
            [logits] = self._evaluation.run(["logits"], {**values, "images": taken})
            labels += logits[:own, : self._state.classes].argmax(1).tolist()
        return labels

    def _lesson(self, train: Sequence[int | None]) -> Lesson | None:
        """None behind the last round, and where there is nothing to learn from."""
        params, rounds = self._params, self._params["rounds"]
        places = np.array([at for at, place in enumerate(train) if place is not None], np.int32)
        if self._number >= rounds or not len(places):
            return None
        order = places[drawn_order(len(places), params["steps"] * _BATCH, params["seed"], self._number)]
        truth = np.array([train[at] for at in order], np.int32)
        rate = np.float32(params["rate"] * (1 - self._number / rounds))
        return Lesson(order, truth, rate, np.float32(params["momentum"]))

    def _learn(
        self, images: np.ndarray, values: dict[str, np.ndarray], lesson: Lesson
    ) -> tuple[list[float], np.ndarray]:
        """The loss of each step before it, and the values after all of them."""
        shapes = {value.name: value.shape for value in self._training.get_inputs()}
        speeds = {name: np.zeros(shape, np.float32) for name, shape in shapes.items() if name.startswith("speed.")}
        absent = np.where(np.arange(shapes["absent"][0]) < self._state.classes, 0, -1e9).astype(np.float32)
        fixed = {"absent": absent, "rate": np.array(lesson.rate), "momentum": np.array(lesson.momentum)}
        wanted = ["loss", *(f"next.{name}" for name in (*values, *speeds))]
        losses = []
        for begin in range(0, len(lesson.order), _BATCH):
            taken = slice(begin, begin + _BATCH)
            shown = {"images": images[lesson.order[taken]], "truth": lesson.truth[taken]}
            loss, *left = self._training.run(wanted, {**values, **speeds, **fixed, **shown})
            losses.append(float(loss))
            values = dict(zip(values, left, strict=False))
            speeds = dict(zip(speeds, left[len(values) :], strict=True))
        return losses, np.concatenate([value.ravel() for value in values.values()])


class CnnReducer:
    """As `Reducer` says: the mean of what the shards have learnt, each as often as it has images to learn from.

    It is added up in doubles, in the order of the shards, divided, and then rounded to float32. Where none has learnt
    the values stay.
    """

    folder = LEARNT

    def __init__(self, rounds: int, number: int, state: bytes) -> None:
        """Raises ValueError where the state is none."""
        self._state = read_state(state)
        self._is_last = number >= rounds
        self._sums = np.zeros(self._state.values.size)
        self._images = self._steps = self._loss = 0
        self._train, self._test = [0, 0], [0, 0]

    def add(self, file: bytes) -> None:
        shard = object_of(file, "what a batch has learnt", ("images", "steps", "loss", "train", "test", "values"))
        counts = [shard["images"], shard["steps"], shard["loss"]]
        if not are_counts(counts) or not all(map(_is_right, (shard["train"], shard["test"]))):
            raise ValueError("Expected what a batch has learnt but its figures are none.")
        for total, own in ((self._train, shard["train"]), (self._test, shard["test"])):
            total[:] = [total[0] + own[0], total[1] + own[1]]
        values = None if shard["values"] is None else _read_values(shard["values"])
        found = 0 if values is None else values.size
        if found != (self._sums.size if shard["steps"] else 0) or (shard["steps"] and not shard["images"]):
            raise ValueError(f"Expected the values of a network but a batch has {found} after {shard['steps']} steps.")
        if values is not None:
            self._images += shard["images"]
            self._steps += shard["steps"]
            self._loss += shard["loss"]
            self._sums += shard["images"] * values.astype(np.float64)

    def finish(self) -> tuple[str, bool]:
        loss = (2 * self._loss + self._steps) // (2 * self._steps) if self._steps else None
        learnt = (self._sums / self._images).astype(np.float32) if self._images else self._state.values
        outcome = {
            "side": self._state.side,
            "classes": self._state.classes,
            "found": {"loss": loss, "train": self._train, "test": self._test},
            "values": _values_text(learnt),
        }
        return compact(outcome), self._is_last


def drawn_order(images: int, count: int, seed: int, round_number: int) -> np.ndarray:
    """Which images the steps of a round take: all in an order that is drawn, then all in another one, and so on."""
    random = _Mulberry32((seed + (round_number + 1) * 0x9E3779B1) % 2**32)
    order, taken = list(range(images)), []
    while len(taken) < count:
        # As Fisher and Yates have it, from behind.
        for last in range(images - 1, 0, -1):
            other = math.floor(random.next() * (last + 1))
            order[last], order[other] = order[other], order[last]
        taken += order
    return np.array(taken[:count], np.int32)


class _Mulberry32:
    """The numbers of src/statistics/random.ts."""

    def __init__(self, seed: int) -> None:
        self._state = seed

    def next(self) -> float:
        self._state = (self._state + 0x6D2B79F5) % 2**32
        t = (self._state ^ self._state >> 15) * (self._state | 1) % 2**32
        t ^= (t + (t ^ t >> 7) * (t | 61)) % 2**32
        return (t ^ t >> 14) / 2**32


def read_state(file: bytes) -> State:
    """Raises ValueError where it is none."""
    found = object_of(file, "the values of a network", ("side", "classes", "found", "values"))
    side, classes = found["side"], found["classes"]
    if not are_counts([side, classes]) or side < 1 or classes < 2:
        raise ValueError("Expected the values of a network but it has no size.")
    return State(side, classes, _read_values(found["values"]))


def _right_of(labels: Sequence[int], places: Sequence[int | None]) -> list[int]:
    known = [(label, place) for label, place in zip(labels, places, strict=True) if place is not None]
    return [sum(label == place for label, place in known), len(known)]


def _in_millionths(loss: float) -> int:
    if not math.isfinite(loss):
        raise ValueError(f"Expected a loss that is a number but it is {loss}: take a smaller `rate`.")
    return math.floor(loss * 1e6 + 0.5)


def _values_text(values: np.ndarray) -> str:
    return base64.b64encode(values.astype("<f4", copy=False).tobytes()).decode()


def _read_values(text: Any) -> np.ndarray:
    try:
        found = np.frombuffer(base64.b64decode(text, validate=True), "<f4")
    except (ValueError, TypeError) as reason:
        raise ValueError(f"Expected float32 values as base64 but they are none: {reason}.") from reason
    if not found.size:
        raise ValueError("Expected float32 values as base64 but there are none.")
    return found


def _is_right(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2 and are_counts(value) and value[0] <= value[1]


def runner(params: dict[str, Any]) -> CnnRunner:
    return CnnRunner(params)


def reducer(params: dict[str, Any], number: int, state: bytes) -> CnnReducer:
    return CnnReducer(params["rounds"], number, state)
