"""Bytes of an image to RGB: arrays of shape (height, width, 3), 8 bits a channel."""

import io

import cv2
import numpy as np
import simplejpeg
from PIL import Image

# A thread per image is faster than threads within one.
cv2.setNumThreads(1)

Pixels = np.ndarray


def by_opencv(data: bytes) -> Pixels:
    return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR_RGB)


def by_pillow(data: bytes) -> Pixels:
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


def by_simplejpeg(data: bytes) -> Pixels:
    return simplejpeg.decode_jpeg(data, "RGB")
