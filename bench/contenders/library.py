"""Pillow, OpenCV and simplejpeg on the cores of one machine, tuned and as people write them first."""

import io
from collections.abc import Callable
from pathlib import Path

from PIL import Image

from contenders import decoders, reductions
from contenders.job import Job, Pass
from contenders.workers import on_processes, on_threads


def pillow_histogram(data: bytes) -> list[int]:
    return reductions.histogram(Image.open(io.BytesIO(data)).convert("RGB"))


def pillow_fast(data: bytes) -> list[int]:
    return reductions.fast(decoders.by_pillow(data))


def opencv_fast(data: bytes) -> list[int]:
    return reductions.fast(decoders.by_opencv(data))


def simplejpeg_fast(data: bytes) -> list[int]:
    return reductions.fast(decoders.by_simplejpeg(data))


def pillow_first(data: bytes) -> list[int]:
    return reductions.numpy_axes(decoders.by_pillow(data))


def opencv_first(data: bytes) -> list[int]:
    return reductions.numpy_axes(decoders.by_opencv(data))


VARIANTS: dict[str, Callable[[bytes], list[int]]] = {
    work.__name__: work
    for work in (pillow_histogram, pillow_fast, opencv_fast, simplejpeg_fast, pillow_first, opencv_first)
}


def prepare(job: Job, variant: str) -> Pass:
    """`variant` is the name of a function above, and `threads` or `processes`: `opencv_fast-threads`."""
    name, kind = variant.split("-")
    work, workers = VARIANTS[name], {"threads": on_threads, "processes": on_processes}[kind]
    if job.source == "memory":
        return workers(work, job.load(), job.threads)
    return workers(lambda path: work(Path(path).read_bytes()), job.paths(), job.threads)
