"""Ray Data on a local cluster of its own. `tuned`: bytes to OpenCV in batches; `first`: its images, a row at a time."""

from typing import Any

import numpy as np
import ray

from contenders import decoders, reductions
from contenders.job import Job, Pass, Store

BATCH = 32


def prepare(job: Job, variant: str) -> Pass:
    ray.init(num_cpus=job.threads, include_dashboard=False, log_to_driver=False)
    ray.data.DataContext.get_current().enable_progress_bars = False
    filesystem, paths = None, job.paths()
    if job.source == "loose":
        store = job.s3()
        filesystem = _filesystem(store)
        paths = [f"{store.bucket}/{store.loose_prefix}{name}" for name in job.names()]
    return lambda: _rows((_tuned if variant == "tuned" else _first)(paths, filesystem))


def _tuned(paths: list[str], filesystem: Any) -> ray.data.Dataset:
    files = ray.data.read_binary_files(paths, include_paths=True, filesystem=filesystem)
    return files.map_batches(_measure_batch, batch_size=BATCH)


def _measure_batch(batch: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    rows = [reductions.fast(decoders.by_opencv(data)) for data in batch["bytes"]]
    return {"path": batch["path"], "row": np.array(rows)}


def _first(paths: list[str], filesystem: Any) -> ray.data.Dataset:
    images = ray.data.read_images(paths, mode="RGB", include_paths=True, filesystem=filesystem)
    return images.map(lambda image: {"path": image["path"], "row": reductions.numpy_axes(image["image"])})


def _rows(dataset: ray.data.Dataset) -> list[list[int]]:
    found = sorted(dataset.take_all(), key=lambda image: image["path"])
    return [[int(value) for value in image["row"]] for image in found]


def _filesystem(store: Store) -> Any:
    from pyarrow.fs import S3FileSystem

    return S3FileSystem(
        endpoint_override=store.endpoint,
        region=store.region,
        access_key=store.access_key,
        secret_key=store.secret_key,
    )
