"""Daft on Ray: one row of a DataFrame is one batch, and a function of its own process on a worker does it."""

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import daft
from fanfleet.batch import run_task

from engines.contract import Engine, main

PARTITIONS_PER_CPU = 16
"""Fewer leave CPUs idle at the end, and redo more when a worker is lost; more cost scheduling."""


@contextmanager
def opened() -> Iterator[Engine]:
    daft.set_runner_ray(os.environ["RAY_ADDRESS"], noop_if_initialized=True)
    yield run


def run(tasks: Sequence[str]) -> None:
    import ray

    cpus = max(1, int(ray.cluster_resources().get("CPU", 1)))
    # A process for each CPU: the histogram and the SDK hold the interpreter's lock.
    images = daft.func(run_task, return_dtype=daft.DataType.int64(), use_process=True)
    frame = daft.from_pydict({"task": list(tasks)}).into_partitions(min(len(tasks), cpus * PARTITIONS_PER_CPU))
    done = frame.select(images(frame["task"]).alias("images")).to_pydict()["images"]
    print(f"engine: {sum(done)} images in {len(done)} batches", flush=True)


if __name__ == "__main__":
    sys.exit(main(opened))
