"""The pipeline on Daft: `download`, a class with the model, and `write_parquet`, in the runner of this machine."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import daft
from daft import DataType, col
from daft.functions import download
from daft.io import IOConfig, S3Config

from pipelines.choices import Choices
from pipelines.kept import kept_tools
from pipelines.store import Job

ROW = DataType.struct({"label": DataType.string(), "score": DataType.float64()})


@contextmanager
def opened(_workers: int) -> Iterator[Callable[[], int]]:
    """Nothing is started: Daft's threads and processes are those of this one, and there is no object store."""
    daft.set_runner_native()
    yield lambda: 0


def run(job: Job, choices: Choices) -> None:
    """Classify all images of the job, and write their rows. It follows the choices of images and of the model alone."""
    access = {"endpoint_url": job.endpoint, "region_name": job.region, "use_ssl": job.endpoint.startswith("https")}
    config = IOConfig(s3=S3Config(key_id=job.access_key, access_key=job.secret_key, **access))
    # With `max_concurrency` each would have a process, which starts with the query and loads the model. Decoding,
    # resizing and the model leave Python's lock to other threads.
    classify = daft.cls(_Classify, use_process=False)(job, choices)
    files = daft.from_glob_path(f"s3://{job.bucket}/{job.prefix}**", io_config=config)
    data = download(col("path"), io_config=config)
    rows = files.select(col("path"), classify.rows(col("path"), data).alias("row"))
    begin = len(f"s3://{job.bucket}/")
    key = col("path").substr(begin)
    flat = rows.select(key.alias("key"), col("row")["label"].alias("label"), col("row")["score"].alias("score"))
    flat.write_parquet(f"s3://{job.bucket}/{job.out}", io_config=config)


class _Classify:
    def __init__(self, job: Job, choices: Choices) -> None:
        self._tools = kept_tools(job, choices, has_bytes=True)

    @daft.method.batch(return_dtype=ROW, batch_size=32)
    def rows(self, path: daft.Series, data: daft.Series) -> list[dict[str, Any]]:
        made = self._tools.classify({"key": path.to_pylist(), "bytes": data.to_pylist()})
        return made.select(["label", "score"]).to_pylist()
