"""Tensors by Pillow, simplejpeg and OpenCV with numpy.

`pillow_first` is as people write it; the others compute in place in the batch, which is faster.
"""

import io
from collections.abc import Callable

import cv2
import numpy as np
from PIL import Image

from contenders.decoders import by_opencv, by_simplejpeg
from contenders.job import Job, Pass
from contenders.tensor_recipe import MEAN, SIDE, STD, Work, cut, in_batches, resized

_MEAN, _STD = (np.array(values, np.float32)[:, None, None] for values in (MEAN, STD))


def pillow_first(data: bytes, place: np.ndarray) -> None:
    small = _by_pillow(Image.open(io.BytesIO(data)).convert("RGB"))
    values = np.asarray(small).astype(np.float32) / np.float32(255)
    place[...] = ((values - np.float32(MEAN)) / np.float32(STD)).transpose(2, 0, 1)


def pillow_in_place(data: bytes, place: np.ndarray) -> None:
    _put(np.asarray(_by_pillow(Image.open(io.BytesIO(data)).convert("RGB"))), place)


def simplejpeg_pillow(data: bytes, place: np.ndarray) -> None:
    _put(np.asarray(_by_pillow(Image.fromarray(by_simplejpeg(data)))), place)


def opencv_linear(data: bytes, place: np.ndarray) -> None:
    _put(_by_opencv(by_opencv(data), cv2.INTER_LINEAR), place)


def opencv_area(data: bytes, place: np.ndarray) -> None:
    _put(_by_opencv(by_opencv(data), cv2.INTER_AREA), place)


VARIANTS: dict[str, Work] = {
    work.__name__: work for work in (pillow_first, pillow_in_place, simplejpeg_pillow, opencv_linear, opencv_area)
}


def prepare(job: Job, variant: str) -> Pass:
    """`variant` is the name of a function above."""
    cv2.setNumThreads(1)
    work: Callable[[bytes, np.ndarray], None] = VARIANTS[variant]
    return in_batches(job, work)


def _by_pillow(image: Image.Image) -> Image.Image:
    size = resized(*image.size)
    left, top = cut(*size)
    return image.resize(size, Image.Resampling.BILINEAR).crop((left, top, left + SIDE, top + SIDE))


def _by_opencv(pixels: np.ndarray, interpolation: int) -> np.ndarray:
    size = resized(pixels.shape[1], pixels.shape[0])
    left, top = cut(*size)
    return cv2.resize(pixels, size, interpolation=interpolation)[top : top + SIDE, left : left + SIDE]


def _put(pixels: np.ndarray, place: np.ndarray) -> None:
    """Of this, a table of 256 values for each channel, and numpy's `take`, the fastest; all give the same."""
    np.divide(pixels.transpose(2, 0, 1), np.float32(255), out=place)
    np.subtract(place, _MEAN, out=place)
    np.divide(place, _STD, out=place)
