"""Whether ONNX Runtime does with a graph what JAX does with the function that it was made of."""

import jax
import numpy as np
import onnxruntime

from graphs import flat_training
from networks import BATCH, CLASSES, NETWORKS, shapes_of

STEPS = 3


def worst_difference(name: str, side: int, graph: bytes) -> float:
    """Of all that some steps give, the largest distance of one value from that of JAX, beside its length."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    values = _first_values(name, side)
    step = jax.jit(flat_training(name, side))
    worst = 0.0
    for _ in range(STEPS):
        got = session.run(None, values)
        expected = [np.asarray(value) for value in step(*values.values())]
        lengths = [max(float(np.linalg.norm(value)), 1e-6) for value in expected]
        distances = [float(np.linalg.norm(own - value)) for own, value in zip(got, expected, strict=True)]
        worst = max(worst, *(distance / length for distance, length in zip(distances, lengths, strict=True)))
        # Both go on from the same values, so that no difference grows.
        left = {
            output.name.removeprefix("next."): value
            for output, value in zip(session.get_outputs(), expected, strict=True)
        }
        values = {own: left.get(own, value) for own, value in values.items()}
    return worst


def _first_values(name: str, side: int) -> dict[str, np.ndarray]:
    random = np.random.default_rng(1)
    shapes = shapes_of(NETWORKS[name], side)

    def first(own: str, shape: tuple[int, ...]) -> np.ndarray:
        if own.endswith(".weight"):
            return (random.standard_normal(shape) * np.sqrt(2 / shape[0])).astype(np.float32)
        return np.full(shape, own.endswith((".scale", ".variance")), np.float32)

    values = {own: first(own, shape) for own, shape in (shapes.parameters | shapes.averages).items()}
    values |= {f"speed.{own}": np.zeros(shape, np.float32) for own, shape in shapes.parameters.items()}
    return values | {
        "images": random.integers(0, 256, (BATCH, side, side, 3), np.uint8),
        "truth": random.integers(0, 10, BATCH).astype(np.int32),
        "absent": np.where(np.arange(CLASSES) < 10, 0, -1e9).astype(np.float32),
        "rate": np.array(0.02, np.float32),
        "momentum": np.array(0.9, np.float32),
    }
