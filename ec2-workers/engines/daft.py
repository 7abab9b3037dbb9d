"""Daft on Ray: one row of a DataFrame is one batch, and a function in Daft's process on a worker does it."""

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from fanfleet.batch import run_task, warm_up
from fanfleet.clusters.ray_worker import leave_out

from engines.contract import Engine, main
from engines.daft_nodes import need_processes

leave_out("daft", sys.modules)
import daft  # noqa: E402

PARTITIONS_PER_CPU = 16
"""Fewer leave CPUs idle at the end, and redo more when a worker is lost; more cost scheduling."""

WARM_TASKS_PER_CPU = 4
"""So many that each node gets one of them."""


@contextmanager
def opened() -> Iterator[Engine]:
    daft.set_runner_ray(os.environ["RAY_ADDRESS"], noop_if_initialized=True)
    yield run


def warm(_workers: int) -> None:
    """Daft's own process on each node, with all modules. Those beside it would end with what is done here."""
    tasks = _cpus() * WARM_TASKS_PER_CPU
    _map(_start, [""] * tasks, tasks, False)


def run(tasks: Sequence[str]) -> None:
    import ray

    done = _map(run_task, tasks, min(len(tasks), _cpus() * PARTITIONS_PER_CPU), need_processes(ray.nodes()))
    print(f"engine: {sum(done)} items in {len(done)} batches", flush=True)


def _map(function: Callable[[str], int], tasks: Sequence[str], partitions: int, use_process: bool) -> list[int]:
    # Where that will do, in Daft's own process of the node, which is there for all jobs: one beside it would be started
    # for each job anew, and take longer than many a job.
    done = daft.func(function, return_dtype=daft.DataType.int64(), use_process=use_process)
    frame = daft.from_pydict({"task": list(tasks)}).into_partitions(partitions)
    return frame.select(done(frame["task"]).alias("items")).to_pydict()["items"]


def _start(_: str) -> int:
    warm_up()
    return 0


def _cpus() -> int:
    import ray

    return max(1, int(ray.cluster_resources().get("CPU", 1)))


if __name__ == "__main__":
    sys.exit(main(opened, warm=warm))
