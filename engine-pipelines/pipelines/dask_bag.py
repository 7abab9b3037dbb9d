"""The pipeline on Dask: a bag of keys, and `map_partitions`, on a cluster of this machine."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from dask import bag
from distributed import Client, LocalCluster

from pipelines.choices import Choices
from pipelines.kept import kept_tools, write_rows
from pipelines.store import Job, list_keys, new_client

PARTS_PER_WORKER = 2


@contextmanager
def opened(workers: int) -> Iterator[Callable[[], int]]:
    """A process with one thread for each worker; there is no object store."""
    with LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=None) as cluster, Client(cluster):
        yield lambda: 0


def run(job: Job, choices: Choices) -> None:
    """Classify all images of the job, and write their rows. Objects are got by a client of each process."""
    keys = list_keys(new_client(job), job, job.prefix)
    parts = bag.from_sequence(keys, npartitions=min(len(keys), PARTS_PER_WORKER * job.workers))
    parts.map_partitions(_classify, job, choices).compute()


def _classify(keys: list[str], job: Job, choices: Choices) -> list[str]:
    return [write_rows(kept_tools(job, choices).classify({"key": list(keys)}), job, choices)]
