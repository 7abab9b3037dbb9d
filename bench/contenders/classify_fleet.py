"""A model asked what images are, with so many at once.

`native 8` and `portable 8` are the whole work of fanfleet's runner, from the files to rows; `bare 8` is ONNX Runtime
alone, on tensors that are ready; `pillow 8` is Pillow, numpy and ONNX Runtime as one writes them.
"""

import hashlib
import io
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from contenders.folder_inputs import FolderInputs
from contenders.job import Job, Pass

sys.path.insert(0, str(Path(__file__).parents[2] / "ec2-workers"))

from fanfleet.classifier import Classifier
from fanfleet.kernels import choose
from fanfleet.workloads.classify import runner

_IMAGE_BYTES = 2**30


def prepare(job: Job, variant: str) -> Pass:
    files = [path.read_bytes() for path in sorted((job.folder / "images").iterdir())]
    kind, at_once = variant.split()
    ways = {"bare": _bare, "pillow": _pillow}
    if kind in ways:
        classifier = Classifier(*((job.folder / name).read_bytes() for name in ("model.onnx", "classifier.json")))
        return ways[kind](classifier, files, int(at_once))
    begun = runner({"top": 5, "modelBatch": int(at_once)})
    files_of_model = {"model": job.folder / "model.onnx", "classifier": job.folder / "classifier.json"}
    kernel, inputs = choose(kind), FolderInputs(files_of_model)
    images = [(str(at), data) for at, data in enumerate(files)]

    def whole() -> list[list[int]]:
        batch = begun.begin(kernel, _IMAGE_BYTES, inputs)
        return [_print(measured.row.get("logits", str(measured.row))) for measured in batch.run(images)]

    return whole


def _bare(classifier: Classifier, files: Sequence[bytes], at_once: int) -> Pass:
    kernel = choose("native")
    tensors = classifier.empty(len(files))
    kernel.tensors([("image", data) for data in files], classifier.recipe, tensors)
    said = classifier.description
    if said.bgr:
        tensors = np.ascontiguousarray(np.flip(tensors, 1 if said.recipe["layout"] == "nchw" else 3))

    def ask() -> list[list[int]]:
        parts = (classifier.session.run([said.output], {said.input: part})[0] for part in _parts(tensors, at_once))
        return [_print_of(values) for part in parts for values in part]

    return ask


def _pillow(classifier: Classifier, files: Sequence[bytes], at_once: int) -> Pass:
    recipe = classifier.recipe
    resize, crop = recipe["resize"], recipe.get("crop")
    resample = Image.Resampling[recipe["filter"].upper()]
    mean, std = np.float32(recipe["mean"]), np.float32(recipe["std"])

    def tensor(data: bytes) -> np.ndarray:
        image = Image.open(io.BytesIO(data)).convert("RGB")
        shorter = min(image.size)
        width, height = (
            (resize["shorter"] * side // shorter for side in image.size)
            if "shorter" in resize
            else (resize["width"], resize["height"])
        )
        image = image.resize((width, height), resample)
        if crop is not None:
            left, top = round((width - crop["width"]) / 2), round((height - crop["height"]) / 2)
            image = image.crop((left, top, left + crop["width"], top + crop["height"]))
        values = np.asarray(image).astype(np.float32) / np.float32(255)
        values = (values - mean) / std
        return values.transpose(2, 0, 1) if recipe["layout"] == "nchw" else values

    def ask() -> list[list[int]]:
        batches = (np.stack([tensor(data) for data in part]) for part in _parts(files, at_once))
        return [_print_of(values) for batch in batches for values in classifier.logits(batch)]

    return ask


def _parts(whole: Any, length: int) -> Iterator[Any]:
    return (whole[at : at + length] for at in range(0, len(whole), length))


def _print_of(values: np.ndarray) -> list[int]:
    return _print(hashlib.sha256(values).hexdigest())


def _print(hexadecimal: str) -> list[int]:
    """By the first 16 digits of a hash."""
    return [int(hexadecimal[:8], 16), int(hexadecimal[8:16], 16)]
