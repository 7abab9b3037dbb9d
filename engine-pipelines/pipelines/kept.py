"""What a process keeps from one task to the next, and from one pipeline to the next: the model, and the way to S3."""

import json
import threading
from functools import cache
from typing import Any, NamedTuple

import pyarrow as pa
from pyarrow import fs, parquet

from pipelines.choices import Choices
from pipelines.images import Batch, Step, in_turn, steps_before_model
from pipelines.model import Model
from pipelines.store import Job, get, new_client

SCHEMA = pa.schema([("key", pa.string()), ("label", pa.string()), ("score", pa.float64())])


class Tools(NamedTuple):
    prepare: Step
    """From `key`, or from `bytes`, to what the model takes."""
    model: Model
    filesystem: fs.S3FileSystem

    def classify(self, batch: Batch) -> pa.Table:
        """Rows of `SCHEMA`."""
        return pa.table(self.model(self.prepare(batch)), schema=SCHEMA)


def kept_tools(job: Job, choices: Choices, has_bytes: bool = False) -> Tools:
    """Those of this process, made when they are first asked for. A kept client gets the objects that are not there."""
    here: dict[str, Any] = {"get_by": "engine" if has_bytes else "kept-client", "packed": False}
    with _lock:
        # Where rows go is another place each time.
        return _made(job._replace(out=""), Choices(**{**vars(choices), **here}))


def write_rows(rows: pa.Table, job: Job, choices: Choices) -> str:
    """Write a file of the rows, named by the first of them, as everyone who has these would. Gives its name."""
    name = f"{job.bucket}/{job.out}{rows['key'][0].as_py().replace('/', '-')}.parquet"
    compression = "zstd" if choices.zstd else "snappy"
    parquet.write_table(rows, name, filesystem=kept_tools(job, choices).filesystem, compression=compression)
    return name


_lock = threading.Lock()


@cache
def _made(job: Job, choices: Choices) -> Tools:
    client = new_client(job)
    description = get(client, job, job.description)
    steps = steps_before_model(job, json.loads(description)["recipe"], choices, has_pixels=False)
    model = Model(get(client, job, job.model), description, choices)
    return Tools(in_turn(steps, choices), model, job.filesystem)
