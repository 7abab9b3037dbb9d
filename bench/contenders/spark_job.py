"""Spark on threads of one JVM, each with its Python. `tuned`: paths to OpenCV; `first`: binaryFile and a function."""

import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from pyspark.sql import SparkSession
from pyspark.sql.functions import col, udf
from pyspark.sql.types import ArrayType, LongType

from contenders import decoders, reductions
from contenders.job import Job, Pass

PARTITIONS_PER_CORE = 4


def prepare(job: Job, variant: str) -> Pass:
    os.environ["PYSPARK_PYTHON"] = sys.executable
    settings = {
        "spark.ui.enabled": "false",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
    }
    spark = SparkSession.builder.master(f"local[{job.threads}]").config(map=settings).getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    return lambda: _tuned(spark, job) if variant == "tuned" else _first(spark, job)


def _tuned(spark: SparkSession, job: Job) -> list[list[int]]:
    paths = spark.sparkContext.parallelize(job.paths(), job.threads * PARTITIONS_PER_CORE)
    return paths.mapPartitions(_measure_files).collect()


def _measure_files(paths: Iterable[str]) -> Iterator[list[int]]:
    return (reductions.fast(decoders.by_opencv(Path(path).read_bytes())) for path in paths)


@udf(ArrayType(LongType()))
def _measure_bytes(content: bytes) -> list[int]:
    return reductions.numpy_axes(decoders.by_opencv(content))


def _first(spark: SparkSession, job: Job) -> list[list[int]]:
    files = spark.read.format("binaryFile").load(str(job.folder))
    rows = files.select(col("path"), _measure_bytes(col("content")).alias("row")).collect()
    return [list(row["row"]) for row in sorted(rows, key=lambda row: row["path"])]
