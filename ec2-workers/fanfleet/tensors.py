"""Tensors of images: what becomes of one, and where it is written (docs/tensors.md)."""

import time
from typing import Any, NamedTuple

import numpy as np

from fanfleet.formats import Refused
from fanfleet.row import failed_row
from fanfleet.tensor_plan import TensorPlan


class Tensored(NamedTuple):
    """What became of an image whose tensor was asked for: the twin of `Tensored` in src/kernel/tensors.ts."""

    decode_ms: float
    compute_ms: float = 0.0
    """From the pixels to the tensor."""
    width: int = 0
    """Of the image."""
    height: int = 0
    data: Any = None
    """A numpy array: 3 x height x width, or height x width x 3, of float32 or uint8."""
    failed: dict[str, Any] | None = None
    """The row with its error, and then there is no data."""
    detail: str | None = None
    """The decoder's own message about a failed image, for logs."""
    dropped_bits: bool = False
    left_to: str | None = None


def refused_tensor(key: str, reason: Refused, started: float) -> Tensored:
    """`started` is when work on the image began, by `time.perf_counter`."""
    spent = (time.perf_counter() - started) * 1000
    return Tensored(spent, failed=failed_row(key, reason.code), detail=reason.detail or None)


def room_for_tensor(recipe: dict[str, Any], plan: TensorPlan, into: Any) -> Any:
    """The array that a tensor is written to: in `into` where that is there and has so many bytes, else a new one."""
    shape = (3, plan.crop_height, plan.crop_width)
    if recipe["layout"] == "nhwc":
        shape = (*shape[1:], 3)
    kind = np.dtype(recipe["type"])
    if into is not None:
        view = memoryview(into)
        if view.nbytes >= plan.values * kind.itemsize:
            return np.frombuffer(view.cast("B"), kind, plan.values).reshape(shape)
    return np.empty(shape, kind)
