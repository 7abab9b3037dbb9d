"""The graphs with which the workload `cnn` trains and evaluates, as files."""

from collections.abc import Callable, Sequence
from typing import Any

import jax
import numpy as np
import onnx

from networks import BATCH, CLASSES, NETWORKS, Values, evaluation, shapes_of, training_step
from to_onnx import Value, to_onnx


def training_graph(name: str, side: int) -> onnx.ModelProto:
    """Takes parameters, running averages and speeds (`speed.<name>`) by name, and gives them as `next.<name>`."""
    shapes = shapes_of(NETWORKS[name], side)
    inputs = [
        *_floats(shapes.parameters),
        *_floats(shapes.averages),
        *_floats(shapes.parameters, "speed."),
        _images(side),
        ("truth", jax.ShapeDtypeStruct((BATCH,), np.int32)),
        *_floats({"absent": (CLASSES,), "rate": (), "momentum": ()}),
    ]
    outputs = ["loss", *(f"next.{own}" for own, _ in inputs[: 2 * len(shapes.parameters) + len(shapes.averages)])]
    return to_onnx(f"{name}-{side}-training", flat_training(name, side), inputs, outputs)


def flat_training(name: str, side: int) -> Callable[..., list[jax.Array]]:
    """The step as a function of single arrays, in the order of the inputs and outputs of its graph."""
    shapes = shapes_of(NETWORKS[name], side)
    step = training_step(NETWORKS[name])

    def flat(*values: jax.Array) -> list[jax.Array]:
        parameters, averages, speeds, rest = _parted(values, shapes.parameters, shapes.averages, shapes.parameters)
        loss, *left = step(parameters, averages, speeds, *rest)
        # JAX gives dictionaries in another order.
        orders = (shapes.parameters, shapes.averages, shapes.parameters)
        return [loss, *(own[name] for own, order in zip(left, orders, strict=True) for name in order)]

    return flat


def evaluation_graph(name: str, side: int) -> onnx.ModelProto:
    """Takes parameters, running averages and images, and gives logits."""
    shapes = shapes_of(NETWORKS[name], side)
    logits = evaluation(NETWORKS[name])

    def flat(*values: jax.Array) -> list[jax.Array]:
        parameters, averages, rest = _parted(values, shapes.parameters, shapes.averages)
        return [logits(parameters, averages, *rest)]

    inputs = [*_floats(shapes.parameters), *_floats(shapes.averages), _images(side)]
    return to_onnx(f"{name}-{side}-evaluation", flat, inputs, ["logits"])


GRAPHS: dict[str, Callable[[str, int], onnx.ModelProto]] = {"training": training_graph, "evaluation": evaluation_graph}


def _floats(shapes: dict[str, tuple[int, ...]], before: str = "") -> list[Value]:
    return [(f"{before}{name}", jax.ShapeDtypeStruct(shape, np.float32)) for name, shape in shapes.items()]


def _images(side: int) -> Value:
    return ("images", jax.ShapeDtypeStruct((BATCH, side, side, 3), np.uint8))


def _parted(values: Sequence[jax.Array], *parts: dict[str, Any]) -> list[Any]:
    """Values in the order of the names of all parts, by their names; and at last those that are left."""
    found: list[Values | Sequence[jax.Array]] = []
    for part in parts:
        found.append(dict(zip(part, values[: len(part)], strict=True)))
        values = values[len(part) :]
    return [*found, values]
