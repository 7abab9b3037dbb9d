"""Dask on threads. `tuned`: a bag of few partitions; `first`: one array of all images, which must be of one size."""

from collections.abc import Iterable
from pathlib import Path

import dask
import dask.bag
import numpy as np
from dask.array.image import imread
from PIL import Image

from contenders import decoders, reductions
from contenders.job import Job, Pass
from contenders.workers import CHUNKS_PER_WORKER


def prepare(job: Job, variant: str) -> Pass:
    dask.config.set(scheduler="threads", num_workers=job.threads)
    return lambda: _tuned(job) if variant == "tuned" else _first(job)


def _tuned(job: Job) -> list[list[int]]:
    paths = dask.bag.from_sequence(job.paths(), npartitions=job.threads * CHUNKS_PER_WORKER)
    return list(paths.map_partitions(_measure_files).compute(scheduler="threads"))


def _measure_files(paths: Iterable[str]) -> list[list[int]]:
    return [reductions.fast(decoders.by_opencv(Path(path).read_bytes())) for path in paths]


def _first(job: Job) -> list[list[int]]:
    images = imread(f"{job.folder}/*", imread=lambda path: np.asarray(Image.open(path).convert("RGB")))
    pixels = images.shape[1] * images.shape[2]
    mean, low, high = dask.compute(images.mean(axis=(1, 2)), images.min(axis=(1, 2)), images.max(axis=(1, 2)))
    sums = np.rint(mean * pixels)
    return np.concatenate([sums, low, high], axis=1).astype(np.int64).tolist()
