"""The pipeline on Daft: `download`, a class with the model, and `write_parquet`, in the runner of this machine."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import daft
from daft import DataType, col
from daft.functions import download
from daft.io import IOConfig, S3Config

from pipelines.choices import Choices
from pipelines.images import in_turn, steps_before_model
from pipelines.model import Model
from pipelines.store import Job, get, new_client

ROW = DataType.struct({"label": DataType.string(), "score": DataType.float64()})


@contextmanager
def opened(_workers: int) -> Iterator[Callable[[], int]]:
    """Nothing is started: Daft's threads and processes are those of this one, and there is no object store."""
    daft.set_runner_native()
    yield lambda: 0


def run(job: Job, choices: Choices) -> None:
    """Classify all images of the job, and write their rows. It follows the choices of images and of the model alone."""
    description = get(new_client(job), job, job.description)
    model = get(new_client(job), job, job.model)
    access = {"endpoint_url": job.endpoint, "region_name": job.region, "use_ssl": job.endpoint.startswith("https")}
    config = IOConfig(s3=S3Config(key_id=job.access_key, access_key=job.secret_key, **access))
    # As many as there are workers, each a process: Python's lock would let but one of them prepare images at a time.
    classify = daft.cls(_Classify, max_concurrency=job.workers, use_process=True)(job, model, description, choices)
    files = daft.from_glob_path(f"s3://{job.bucket}/{job.prefix}**", io_config=config)
    data = download(col("path"), io_config=config)
    rows = files.select(col("path"), classify.rows(col("path"), data).alias("row"))
    begin = len(f"s3://{job.bucket}/")
    key = col("path").substr(begin)
    flat = rows.select(key.alias("key"), col("row")["label"].alias("label"), col("row")["score"].alias("score"))
    flat.write_parquet(f"s3://{job.bucket}/{job.out}", io_config=config)


class _Classify:
    def __init__(self, job: Job, model: bytes, description: bytes, choices: Choices) -> None:
        recipe: dict[str, Any] = json.loads(description)["recipe"]
        here = Choices(**{**vars(choices), "get_by": "engine", "packed": False})
        self._prepare = in_turn(steps_before_model(job, recipe, here, has_pixels=False), here)
        self._model = Model(model, description, here)

    @daft.method.batch(return_dtype=ROW, batch_size=32)
    def rows(self, path: daft.Series, data: daft.Series) -> list[dict[str, Any]]:
        made = self._model(self._prepare({"key": path.to_pylist(), "bytes": data.to_pylist()}))
        return [{"label": label, "score": score} for label, score in zip(made["label"], made["score"], strict=True)]
