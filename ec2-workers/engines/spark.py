"""Spark: one partition of an RDD is one batch. Its Python processes read S3 with boto3, and not with s3a."""

import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from urllib.parse import urlsplit

from fanfleet.clusters import spark_gateway
from fanfleet.clusters.processes import wait_for_port
from pyspark import SparkContext

from engines.contract import Engine, main

MASTER_S = 90.0
EXECUTORS_S = 30.0
POLL_S = 0.1


def begin() -> None:
    """The driver's Java starts while the master does, and knows it as soon as it listens."""
    spark_gateway.leave_out_numpy()
    java = spark_gateway.start()
    SparkContext._ensure_initialized()
    # It ends with its standard input.
    SparkContext._gateway.proc = java
    master = urlsplit(os.environ["SPARK_MASTER_URL"])
    wait_for_port(str(master.hostname), master.port or 0, time.time() + MASTER_S)
    SparkContext(master.geturl(), "fanfleet")


@contextmanager
def opened() -> Iterator[Engine]:
    context = SparkContext.getOrCreate()
    try:
        yield partial(run, context)
    finally:
        context.stop()


def warm(workers: int) -> None:
    """A Python process for each core, with all modules: all tasks of a barrier stage run at once."""
    context = SparkContext.getOrCreate()
    cores = _wait_for_cores(context, workers, time.time() + EXECUTORS_S)
    context.parallelize(range(cores), cores).barrier().mapPartitions(_warm_partition).collect()


def _wait_for_cores(context: SparkContext, workers: int, until: float) -> int:
    """The cores of all executors, of which each worker starts one as soon as it has joined."""
    while _executors(context) < workers and time.time() < until:
        time.sleep(POLL_S)
    # Not defaultParallelism, two where there is one core: a barrier stage of more tasks than cores waits for minutes.
    scala = context._jsc.sc()
    return scala.maxNumConcurrentTasks(scala.resourceProfileManager().defaultResourceProfile())


def _executors(context: SparkContext) -> int:
    # The driver is one of them.
    return context._jsc.sc().getExecutorMemoryStatus().size() - 1


def run(context: SparkContext, tasks: Sequence[str]) -> None:
    items = context.parallelize(tasks, len(tasks)).mapPartitions(_run_partition).collect()
    print(f"engine: {sum(items)} items in {len(items)} batches", flush=True)


def _warm_partition(numbers: Iterator[int]) -> list[int]:
    # Not where the tasks are only given out.
    from fanfleet.batch import warm_up

    warm_up()
    return list(numbers)


def _run_partition(tasks: Iterator[str]) -> list[int]:
    from fanfleet.batch import run_task

    return [run_task(task) for task in tasks]


if __name__ == "__main__":
    sys.exit(main(opened, warm=warm, begin=begin))
