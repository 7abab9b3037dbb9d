"""Spark: one partition of an RDD is one batch. Its Python processes read S3 with boto3, and not with s3a."""

import os
import sys
from collections.abc import Iterator, Sequence

from fanfleet.batch import run_task
from pyspark import SparkContext

from engines.contract import main


def run(tasks: Sequence[str]) -> None:
    context = SparkContext(os.environ["SPARK_MASTER_URL"], "fanfleet")
    try:
        images = context.parallelize(tasks, len(tasks)).mapPartitions(_run_partition).collect()
    finally:
        context.stop()
    print(f"engine: {sum(images)} images in {len(images)} batches", flush=True)


def _run_partition(tasks: Iterator[str]) -> list[int]:
    return [run_task(task) for task in tasks]


if __name__ == "__main__":
    sys.exit(main(run))
