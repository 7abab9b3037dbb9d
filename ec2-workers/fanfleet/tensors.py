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


class TensorBatch:
    """The array of a batch, with a place for each of so many images: the twin of src/kernel/tensor-batch.ts.

    Raise ValueError if it has less room or another type, or tensors have no size in common.
    """

    def __init__(self, into: Any, recipe: dict[str, Any], images: int) -> None:
        shape, kind = (images, *tensor_shape(recipe)), np.dtype(recipe["type"])
        values = int(np.prod(shape))
        view = np.asarray(into)
        if not view.flags.c_contiguous or view.dtype != kind or view.size < values:
            raise ValueError(f"Expected room for {values} values of {kind} but got {view.size} of {view.dtype}.")
        self._tensors = view.reshape(-1)[:values].reshape(shape)

    def places(self, first: int, images: int = 1) -> Any:
        """An array of their tensors, one behind the other."""
        return self._tensors[first : first + images]

    def closed(self, made: list[Tensored]) -> list[Tensored]:
        """The same, without gaps for images that failed; every tensor is in its place or behind that."""
        closed, at = [], 0
        for each in made:
            if each.failed is not None:
                closed.append(each)
                continue
            place = self._tensors[at]
            if place.ctypes.data != each.data.ctypes.data:
                place[...] = each.data
            closed.append(each._replace(data=place))
            at += 1
        return closed


def tensor_shape(recipe: dict[str, Any]) -> tuple[int, int, int]:
    """Of the tensors of all images. Raise ValueError where that depends on the image."""
    size = recipe.get("crop") or recipe["resize"]
    if "shorter" in size:
        raise ValueError("Expected a recipe with `crop`, by which all tensors have one size, but got none.")
    width, height = size["width"], size["height"]
    return (3, height, width) if recipe["layout"] == "nchw" else (height, width, 3)


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
