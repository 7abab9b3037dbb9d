"""The pipeline on Spark: a frame of keys, and `mapInArrow`, in a Java of this machine."""

import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from unittest.mock import patch

import pyarrow as pa
from fanfleet.clusters import spark_home
from pyspark.sql import SparkSession

from pipelines.choices import Choices
from pipelines.kept import kept_tools, write_rows
from pipelines.store import Job, list_keys, new_client

PARTS_PER_WORKER = 2
SETTINGS = {
    "spark.driver.memory": "512m",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
}


@contextmanager
def opened(workers: int) -> Iterator[Callable[[], int]]:
    """A Java with a thread and a process of Python that stays for each worker; there is no object store."""
    with tempfile.TemporaryDirectory() as folder, patch.object(tempfile, "tempdir", folder):
        # The Java and the settings of the fleet's hosts.
        spark_home.write({**SETTINGS, "spark.master": f"local[{workers}]"}, secret="")
        home = spark_home.folder()
        environment = {
            "SPARK_CONF_DIR": str(home / "conf"),
            "SPARK_LOCAL_IP": "127.0.0.1",
            "JAVA_HOME": str(home / "java"),
            "PYSPARK_PYTHON": sys.executable,
        }
        with patch.dict(os.environ, environment):
            session = SparkSession.builder.getOrCreate()
        try:
            yield lambda: 0
        finally:
            session.stop()


def run(job: Job, choices: Choices) -> None:
    """Classify all images of the job, and write their rows. Objects are got by a client of each process.

    Not by Spark's own readers: those take Hadoop's way to S3, of 700 MB, and one of them its own decoder.
    """
    session = SparkSession.getActiveSession()
    keys = [(key,) for key in list_keys(new_client(job), job, job.prefix)]
    parts = session.sparkContext.parallelize(keys, min(len(keys), PARTS_PER_WORKER * job.workers))
    classify = partial(_classify, job=job, choices=choices)
    session.createDataFrame(parts, "key string").mapInArrow(classify, "file string").collect()


def _classify(batches: Iterator[pa.RecordBatch], job: Job, choices: Choices) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        rows = kept_tools(job, choices).classify({"key": batch["key"].to_pylist()})
        yield pa.RecordBatch.from_pydict({"file": [write_rows(rows, job, choices)]})
