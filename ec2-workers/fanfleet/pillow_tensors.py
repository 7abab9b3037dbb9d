"""Tensors of images by Pillow and numpy."""

import time
from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image

from fanfleet.formats import Refused, Still, read_still
from fanfleet.image_memory import image_bytes, must_fit
from fanfleet.pillow_pixels import rgb_image
from fanfleet.tensor_plan import TensorPlan, must_be_planned, plan_tensor, tensor_bytes
from fanfleet.tensors import TensorBatch, Tensored, refused_tensor, room_for_tensor

_FILTERS = {
    "nearest": Image.Resampling.NEAREST,
    "box": Image.Resampling.BOX,
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS,
}


def tensor(data: bytes, key: str, recipe: dict[str, Any], most_bytes: int | None, into: Any) -> Tensored:
    """As `Kernel` in kernels.py says."""
    started = time.perf_counter()
    try:
        still = read_still(data)
        must_fit(image_bytes(still, len(data)) + tensor_bytes(recipe, still.width, still.height), most_bytes)
        plan = plan_tensor(recipe, still.width, still.height)
        must_be_planned(plan)
    except Refused as reason:
        return refused_tensor(key, reason, started)
    return tensor_of_still(still, key, recipe, plan, into, started)


def tensors(
    images: Sequence[tuple[str, bytes]], recipe: dict[str, Any], into: Any, most_bytes: int | None
) -> list[Tensored]:
    """As `Kernel` in kernels.py says."""
    batch = TensorBatch(into, recipe, len(images))
    made: list[Tensored] = []
    next_place = 0
    for key, data in images:
        made.append(tensor(data, key, recipe, most_bytes, batch.places(next_place)[0]))
        next_place += made[-1].failed is None
    return made


def tensor_of_still(
    still: Still, key: str, recipe: dict[str, Any], plan: TensorPlan, into: Any, started: float
) -> Tensored:
    """Of an image whose header has been read; `started` is when that began, by `time.perf_counter`."""
    try:
        image = rgb_image(still)
    except Refused as reason:
        return refused_tensor(key, reason, started)
    resampling = time.perf_counter()
    resized = image.resize((plan.width, plan.height), _FILTERS[recipe["filter"]])
    box = (plan.left, plan.top, plan.left + plan.crop_width, plan.top + plan.crop_height)
    values = room_for_tensor(recipe, plan, into)
    _put(np.asarray(resized.crop(box)), recipe, values)
    decode_ms, compute_ms = (resampling - started) * 1000, (time.perf_counter() - resampling) * 1000
    return Tensored(decode_ms, compute_ms, still.width, still.height, values, dropped_bits=still.deep)


def _put(pixels: Any, recipe: dict[str, Any], to: Any) -> None:
    """Write height x width x 3 bytes to a tensor: the operations of torchvision in their order, all of float32."""
    if recipe["layout"] == "nchw":
        to = to.transpose(1, 2, 0)
    if recipe["type"] == "uint8":
        to[...] = pixels
        return
    np.divide(pixels, np.float32(255), out=to)
    np.subtract(to, np.array(recipe.get("mean", (0, 0, 0)), np.float32), out=to)
    np.divide(to, np.array(recipe.get("std", (1, 1, 1)), np.float32), out=to)
