"""The tensor of an image by Pillow and numpy."""

import time
from typing import Any

import numpy as np
from PIL import Image

from fanfleet.formats import Refused, Still, read_still
from fanfleet.image_memory import image_bytes, must_fit
from fanfleet.pillow_pixels import pixels_of_still
from fanfleet.tensor_plan import TensorPlan, must_be_planned, plan_tensor, tensor_bytes
from fanfleet.tensors import Tensored, refused_tensor, room_for_tensor, value_table

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


def tensor_of_still(
    still: Still, key: str, recipe: dict[str, Any], plan: TensorPlan, into: Any, started: float
) -> Tensored:
    """Of an image whose header has been read; `started` is when that began, by `time.perf_counter`."""
    decoded = pixels_of_still(still, key, None, started)
    if decoded.data is None:
        return Tensored(decoded.decode_ms, failed=decoded.failed, detail=decoded.detail)
    resampling = time.perf_counter()
    image = Image.frombuffer("RGB", (still.width, still.height), decoded.data)
    resized = image.resize((plan.width, plan.height), _FILTERS[recipe["filter"]])
    box = (plan.left, plan.top, plan.left + plan.crop_width, plan.top + plan.crop_height)
    values = room_for_tensor(recipe, plan, into)
    _put(np.asarray(resized.crop(box)), recipe, values)
    spent = (time.perf_counter() - resampling) * 1000
    size = (decoded.width, decoded.height)
    return Tensored(decoded.decode_ms, spent, *size, values, dropped_bits=decoded.dropped_bits)


def _put(pixels: Any, recipe: dict[str, Any], to: Any) -> None:
    """Write height x width x 3 bytes to a tensor."""
    table = value_table(recipe) if recipe["type"] == "float32" else None
    for channel in range(3):
        plane = pixels[:, :, channel]
        place = to[channel] if recipe["layout"] == "nchw" else to[:, :, channel]
        place[...] = plane if table is None else table[channel][plane]
