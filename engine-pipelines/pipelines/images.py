"""The steps from keys to tensors. A batch is a dict of columns: lists or arrays with a value for each image."""

import gc
import io
import tarfile
from collections.abc import Callable
from typing import Any

import numpy as np
from fanfleet.tensor_plan import TensorPlan, plan_tensor
from PIL import Image, UnidentifiedImageError

from pipelines.choices import Choices
from pipelines.store import Job, get_all

Batch = dict[str, Any]
Step = Callable[[Batch], Batch]

FILTERS = {
    "nearest": Image.Resampling.NEAREST,
    "box": Image.Resampling.BOX,
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS,
}


def fetch(job: Job, choices: Choices) -> Step:
    """`key` to `bytes`."""

    def step(batch: Batch) -> Batch:
        return {**batch, "bytes": get_all(job, choices, [str(key) for key in batch["key"]])}

    return step


def unpack() -> Step:
    """Tars in `bytes` to the images in them, whose names are their keys."""

    def step(batch: Batch) -> Batch:
        keys, files = [], []
        for data in batch["bytes"]:
            with tarfile.open(fileobj=io.BytesIO(data)) as tar:
                for member in tar:
                    file = tar.extractfile(member)
                    if file is not None:
                        keys.append(member.name)
                        files.append(file.read())
        return {"key": keys, "bytes": files}

    return step


def decode(choices: Choices) -> Step:
    """`bytes` to `image`: height x width x 3 bytes, or none of height 0 for one that cannot be decoded."""

    def step(batch: Batch) -> Batch:
        images = [_decode(data, choices.keep_failed) for data in batch["bytes"]]
        return {"key": batch["key"], "image": images}

    return step


def _decode(data: bytes, keep_failed: bool) -> np.ndarray:
    try:
        with Image.open(io.BytesIO(data)) as image:
            return np.asarray(image.convert("RGB"))
    except (OSError, SyntaxError, UnidentifiedImageError, Image.DecompressionBombError):
        if not keep_failed:
            raise
        return np.zeros((0, 0, 3), np.uint8)


def resize(recipe: dict[str, Any], choices: Choices) -> Step:
    """`image` to `tensor`: bytes of the size that the model takes; `image` stays where pixels are kept."""

    def step(batch: Batch) -> Batch:
        small = {"key": batch["key"], "tensor": [_resize(each, recipe) for each in batch["image"]]}
        small["decoded"] = [len(each) > 0 for each in batch["image"]]
        return {**small, "image": batch["image"]} if choices.keep_pixels else small

    return step


def _resize(pixels: np.ndarray, recipe: dict[str, Any]) -> np.ndarray:
    height, width = pixels.shape[:2]
    plan = plan_tensor(recipe, max(width, 1), max(height, 1))
    if height == 0:
        return np.zeros((plan.crop_height, plan.crop_width, 3), np.uint8)
    resized = Image.fromarray(pixels).resize((plan.width, plan.height), FILTERS[recipe["filter"]])
    return np.asarray(resized.crop(_box(plan)))


def _box(plan: TensorPlan) -> tuple[int, int, int, int]:
    return plan.left, plan.top, plan.left + plan.crop_width, plan.top + plan.crop_height


def normalise(recipe: dict[str, Any], choices: Choices) -> Step:
    """`tensor` of bytes to `tensor` of the model's form."""
    one = {"channels": _by_channels, "array": _by_array, "table": _by_table}[choices.normalise]
    dtype = "float64" if choices.tensor_type == "float64" and recipe["type"] == "float32" else recipe["type"]

    def step(batch: Batch) -> Batch:
        images = batch["tensor"]
        if choices.in_place:
            room = np.empty((len(images), *_shape(images[0], recipe)), dtype)
            for each, to in zip(images, room, strict=True):
                to[...] = one(each, recipe)
            return {**batch, "tensor": room}
        tensors = np.stack([one(each, recipe).astype(dtype) for each in images])
        return {**batch, "tensor": tensors.tolist() if choices.tensor_as == "list" else tensors}

    return step


def _shape(image: np.ndarray, recipe: dict[str, Any]) -> tuple[int, ...]:
    height, width, channels = image.shape
    return (channels, height, width) if recipe["layout"] == "nchw" else image.shape


def _by_channels(pixels: np.ndarray, recipe: dict[str, Any]) -> np.ndarray:
    if recipe["type"] == "uint8":
        return _laid_out(pixels, recipe)
    mean, std = recipe.get("mean", (0, 0, 0)), recipe.get("std", (1, 1, 1))
    channels = [(pixels[:, :, at].astype(np.float64) / 255 - mean[at]) / std[at] for at in range(3)]
    return np.stack(channels) if recipe["layout"] == "nchw" else np.stack(channels, axis=-1)


def _by_array(pixels: np.ndarray, recipe: dict[str, Any]) -> np.ndarray:
    if recipe["type"] == "uint8":
        return _laid_out(pixels, recipe)
    mean, std = (np.array(recipe.get(name, default), np.float32) for name, default in (("mean", 0), ("std", 1)))
    return _laid_out((pixels / np.float32(255) - mean) / std, recipe)


def _by_table(pixels: np.ndarray, recipe: dict[str, Any]) -> np.ndarray:
    if recipe["type"] == "uint8":
        return _laid_out(pixels, recipe)
    values = np.repeat(np.arange(256, dtype=np.uint8)[:, np.newaxis], 3, axis=1)
    table = _by_array(values[np.newaxis], {**recipe, "layout": "nhwc"})[0]
    channels = [np.take(table[:, at], pixels[:, :, at]) for at in range(3)]
    return np.stack(channels) if recipe["layout"] == "nchw" else np.stack(channels, axis=-1)


def _laid_out(pixels: np.ndarray, recipe: dict[str, Any]) -> np.ndarray:
    return pixels.transpose(2, 0, 1) if recipe["layout"] == "nchw" else pixels


def steps_before_model(job: Job, recipe: dict[str, Any], choices: Choices, has_pixels: bool) -> list[Step]:
    """Those from what is read to what the model's stage takes."""
    steps: list[Step] = []
    if choices.get_by != "engine":
        steps.append(fetch(job, choices))
    if choices.packed:
        steps.append(unpack())
    if not has_pixels:
        steps.append(decode(choices))
    steps.append(resize(recipe, choices))
    if choices.tensor_type != "uint8":
        steps.append(normalise(recipe, choices))
    return steps


def in_turn(steps: list[Step], choices: Choices) -> Step:
    """All of them, as one."""

    def step(batch: Batch) -> Batch:
        for each in steps:
            batch = each(batch)
        if choices.collect_garbage:
            gc.collect()
        return batch

    return step
