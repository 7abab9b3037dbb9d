"""RGB to its statistics: the sums of R, G and B, their minima and their maxima."""

from operator import mul

import cv2
import numpy as np
from PIL import Image


def fast(pixels: np.ndarray) -> list[int]:
    """The fastest exact way that was found in OpenCV and numpy.

    At 500 x 375: cv2.sumElems 12 us (cv2.mean 48, meanStdDev 194, cv2.reduce 36), and 31 us for the largest along one
    axis at a time (cv2.reduce 318, minMaxLoc 131 for each channel, along both axes at once 3,209).
    """
    return [
        *map(int, cv2.sumElems(pixels)[:3]),
        *pixels.min(0).min(0).tolist(),
        *pixels.max(0).max(0).tolist(),
    ]


def numpy_axes(pixels: np.ndarray) -> list[int]:
    """As people write it first."""
    count = pixels.shape[0] * pixels.shape[1]
    mean = pixels.mean(axis=(0, 1))
    return [
        *(round(float(value) * count) for value in mean),
        *map(int, pixels.min(axis=(0, 1))),
        *map(int, pixels.max(axis=(0, 1))),
    ]


_VALUES = range(256)


def histogram(image: Image.Image) -> list[int]:
    """Pillow alone: its histogram is counted in C."""
    flat = image.histogram()
    counts = [flat[256 * channel : 256 * channel + 256] for channel in range(3)]
    return [
        *(sum(map(mul, count, _VALUES)) for count in counts),
        *(next(value for value in _VALUES if count[value]) for count in counts),
        *(next(value for value in reversed(_VALUES) if count[value]) for count in counts),
    ]
