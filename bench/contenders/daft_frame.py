"""Daft on its native runner.

`simplejpeg`, `opencv`: Daft downloads ahead of a function of batches, on threads of its own. `reading`: that function
reads the files, too, which costs less. `first`: what the documentation shows.
"""

from collections.abc import Callable, Sequence

import daft
import numpy as np
from daft import DataType, Series, col

from contenders import decoders, reductions
from contenders.job import Job, Pass, Store
from contenders.workers import pooled

ROW = DataType.list(DataType.int64())
BATCH = 32
"""Images in a batch: downloads go on while one is decoded."""


def prepare(job: Job, variant: str) -> Pass:
    daft.set_runner_native()
    if job.source == "loose":
        store = job.s3()
        daft.set_planning_config(default_io_config=_io_config(store))
        paths = [f"s3://{store.bucket}/{store.loose_prefix}{name}" for name in job.names()]
    else:
        paths = job.paths()
    if variant == "first":
        return lambda: _first(paths)
    if variant == "reading":
        return lambda: _reading(paths, job.threads)
    decode = {"simplejpeg": decoders.by_simplejpeg, "opencv": decoders.by_opencv}[variant]
    return lambda: _tuned(paths, job.threads, decode)


def _tuned(paths: Sequence[str], threads: int, decode: Callable[[bytes], np.ndarray]) -> list[list[int]]:
    @daft.func.batch(return_dtype=ROW)
    def measure(batch: Series) -> list[list[int]]:
        return pooled(lambda data: reductions.fast(decode(data)), batch.to_pylist(), threads)

    frame = daft.from_pydict({"path": list(paths)}).into_batches(BATCH)
    return frame.select(measure(col("path").download()).alias("row")).to_pydict()["row"]


def _reading(paths: Sequence[str], threads: int) -> list[list[int]]:
    @daft.func.batch(return_dtype=ROW)
    def measure(batch: Series) -> list[list[int]]:
        return pooled(lambda path: reductions.fast(decoders.by_simplejpeg(_read(path))), batch.to_pylist(), threads)

    return daft.from_pydict({"path": list(paths)}).select(measure(col("path")).alias("row")).to_pydict()["row"]


def _first(paths: Sequence[str]) -> list[list[int]]:
    @daft.func(return_dtype=ROW)
    def statistics(image: np.ndarray) -> list[int]:
        return reductions.numpy_axes(image)

    frame = daft.from_pydict({"path": list(paths)})
    images = frame.with_column("image", col("path").download().decode_image(mode="RGB"))
    return images.select(statistics(col("image")).alias("row")).to_pydict()["row"]


def _read(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()


def _io_config(store: Store) -> daft.io.IOConfig:
    return daft.io.IOConfig(
        s3=daft.io.S3Config(
            endpoint_url=store.endpoint,
            region_name=store.region,
            key_id=store.access_key,
            access_key=store.secret_key,
            use_ssl=False,
            force_virtual_addressing=False,
        )
    )
