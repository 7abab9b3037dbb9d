"""Spark: one partition of an RDD is one batch. Its Python processes read S3 with boto3, and not with s3a."""

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial

from fanfleet.batch import run_task
from pyspark import SparkContext

from engines.contract import Engine, main


@contextmanager
def opened() -> Iterator[Engine]:
    context = SparkContext(os.environ["SPARK_MASTER_URL"], "fanfleet")
    try:
        yield partial(run, context)
    finally:
        context.stop()


def run(context: SparkContext, tasks: Sequence[str]) -> None:
    images = context.parallelize(tasks, len(tasks)).mapPartitions(_run_partition).collect()
    print(f"engine: {sum(images)} images in {len(images)} batches", flush=True)


def _run_partition(tasks: Iterator[str]) -> list[int]:
    return [run_task(task) for task in tasks]


if __name__ == "__main__":
    sys.exit(main(opened))
