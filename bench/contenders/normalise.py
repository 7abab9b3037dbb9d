"""Normalised copies by OpenCV and by Pillow: stretched from the image's own smallest and largest value to 0-255.

JPEG with quality 90 and 4:2:0, PNG with zlib's level 1.
"""

import io

import cv2
import numpy as np
from PIL import Image

from contenders.job import Job, Pass
from contenders.workers import on_threads

QUALITY = 90
PNG_LEVEL = 1


def prepare(job: Job, variant: str) -> Pass:
    cv2.setNumThreads(1)
    copy = {"opencv": _by_opencv, "pillow": _by_pillow}[variant]
    return on_threads(lambda data: copy(data, job.task), job.load(), job.threads)


def _by_opencv(data: bytes, task: str) -> bytes:
    # Its own order of channels: nothing depends on it here.
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    cv2.normalize(image, image, 0, 255, cv2.NORM_MINMAX)
    options = [cv2.IMWRITE_PNG_COMPRESSION, PNG_LEVEL] if task == "png" else [cv2.IMWRITE_JPEG_QUALITY, QUALITY]
    return cv2.imencode(f".{task}", image, options)[1].tobytes()


def _by_pillow(data: bytes, task: str) -> bytes:
    image = Image.open(io.BytesIO(data)).convert("RGB")
    extrema = image.getextrema()
    low, high = min(low for low, _ in extrema), max(high for _, high in extrema)
    scale = 255 / (high - low) if high > low else 0
    table = [min(255, max(0, round((value - low) * scale))) for value in range(256)]
    out = io.BytesIO()
    stretched = image.point(table * 3)
    if task == "png":
        stretched.save(out, "PNG", compress_level=PNG_LEVEL)
    else:
        stretched.save(out, "JPEG", quality=QUALITY, subsampling="4:2:0")
    return out.getvalue()
