"""The pipeline on Dask: a bag of keys, and `map_partitions`, on a cluster of this machine."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache

import pandas as pd
import pyarrow as pa
from dask import bag
from distributed import Client, LocalCluster
from pyarrow import parquet

from pipelines.choices import Choices
from pipelines.images import in_turn, steps_before_model
from pipelines.model import Model
from pipelines.store import Job, get, list_keys, new_client

PARTS_PER_WORKER = 4


@contextmanager
def opened(workers: int) -> Iterator[Callable[[], int]]:
    """A process with one thread for each worker; there is no object store."""
    with LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=None) as cluster, Client(cluster):
        yield lambda: 0


def run(job: Job, choices: Choices) -> None:
    """Classify all images of the job, and write their rows. Objects are got by a client of each process."""
    here = Choices(**{**vars(choices), "get_by": "kept-client", "packed": False})
    keys = list_keys(new_client(job), job, job.prefix)
    parts = bag.from_sequence(keys, npartitions=min(len(keys), PARTS_PER_WORKER * job.workers))
    parts.map_partitions(_classify, job, here).compute()


def _classify(keys: list[str], job: Job, choices: Choices) -> list[str]:
    prepare, model = _tools(job, choices)
    rows = model(prepare({"key": list(keys)}))
    table = pa.Table.from_pandas(pd.DataFrame(rows), preserve_index=False)
    name = f"{job.bucket}/{job.out}{rows['key'][0].replace('/', '-')}.parquet"
    parquet.write_table(table, name, filesystem=job.filesystem)
    return [name]


@cache
def _tools(job: Job, choices: Choices):
    """Of this process. The job is of one run, whose rows go to one place."""
    client = new_client(job)
    description = get(client, job, job.description)
    steps = steps_before_model(job, json.loads(description)["recipe"], choices, has_pixels=False)
    return in_turn(steps, choices), Model(get(client, job, job.model), description, choices)
