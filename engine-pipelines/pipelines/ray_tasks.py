"""Ray Data without a pool: `map_batches` of a function, whose model stays in the processes that Ray keeps for tasks."""

from functools import partial

import ray
from ray.data import TaskPoolStrategy

from pipelines.choices import Choices
from pipelines.images import Batch
from pipelines.kept import kept_tools, write_rows
from pipelines.ray_data import opened, settings
from pipelines.store import Job, list_keys, new_client

__all__ = ["opened", "run"]

PARTS_PER_WORKER = 2


def run(job: Job, choices: Choices) -> None:
    """Classify all images of the job, and write their rows. Ray must have been initialised.

    An actor pool starts its processes anew for each dataset, and ends them with it; these stay.
    """
    keys = list_keys(new_client(job), job, job.prefix)
    with settings(choices):
        parts = min(len(keys), PARTS_PER_WORKER * job.workers)
        rows = ray.data.from_items([{"key": key} for key in keys], override_num_blocks=parts)
        compute = TaskPoolStrategy(job.workers)
        done = rows.map_batches(
            partial(_classify, job=job, choices=choices), batch_size=None, num_cpus=1, compute=compute
        )
        for _ in done.iter_batches(batch_size=None):
            pass


def _classify(batch: Batch, job: Job, choices: Choices) -> Batch:
    return {"file": [write_rows(kept_tools(job, choices).classify(batch), job, choices)]}
