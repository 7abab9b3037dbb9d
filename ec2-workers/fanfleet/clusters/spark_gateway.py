"""The Java of a driver, as pyspark would start it by a script, which takes another Java to find out how."""

import os
import shutil
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import ModuleType
from typing import Any

from fanfleet.clusters import spark_archive, spark_home
from fanfleet.steps import StepFailed

HEAP = "512m"
"""Of a driver and of executors: they pass tasks and counts on. Spark takes no less than 450 MiB."""

POLL_S = 0.05
START_S = 60.0
"""From when its cluster has started: less than the engine has to be warm, so that this says what was wrong."""

# What `spark-submit` says for Java 21; `test_spark_gateway.py` compares.
OPTIONS = (
    "-XX:+IgnoreUnrecognizedVMOptions",
    "--add-modules=jdk.incubator.vector",
    *(
        f"--add-opens=java.base/{package}=ALL-UNNAMED"
        for package in (
            *("java.lang", "java.lang.invoke", "java.lang.reflect", "java.io", "java.net", "java.nio", "java.util"),
            *("java.util.concurrent", "java.util.concurrent.atomic", "jdk.internal.ref", "sun.nio.ch", "sun.nio.cs"),
            *("sun.security.action", "sun.util.calendar"),
        )
    ),
    "--add-opens=java.security.jgss/sun.security.krb5=ALL-UNNAMED",
    "-Dio.netty.tryReflectionSetAccessible=true",
    "-Dio.netty.allocator.type=pooled",
    "-Dio.netty.handler.ssl.defaultEndpointVerificationAlgorithm=NONE",
    "--sun-misc-unsafe-memory-access=allow",
    "--enable-native-access=ALL-UNNAMED",
    "-Dderby.connection.requireAuthentication=false",
)
MAIN = ("org.apache.spark.deploy.SparkSubmit", "pyspark-shell")


def leave_out_numpy(modules: dict[str, Any] = sys.modules) -> None:
    """To see whether what it gives Java is of numpy, pyspark loads its tests' own tools, with numpy, pandas and Arrow.

    They take a second of processor, and nothing here is of numpy.
    """
    tools = ModuleType("pyspark.testing.utils")
    tools.__dict__["have_numpy"] = False
    modules.setdefault(tools.__name__, tools)


def start() -> "subprocess.Popen[bytes]":
    """Start it, and have pyspark find it. It ends with its standard input.

    Raises StepFailed.
    """
    until = time.time() + START_S
    spark_home.wait_until_written(START_S)
    folder = Path(tempfile.mkdtemp())
    try:
        said = folder / "gateway"
        env = {**os.environ, "SPARK_CONNECT_MODE": "0", "_PYSPARK_DRIVER_CONN_INFO_PATH": str(said)}
        process = subprocess.Popen(_command(), stdin=subprocess.PIPE, stdout=2, env=env)
        # It writes it under another name first.
        while not said.exists():
            if process.poll() is not None or time.time() > until:
                process.kill()
                raise StepFailed("EngineFailed", f"Expected Spark's Java to be up within {START_S:.0f} s.")
            time.sleep(POLL_S)
        told = said.read_bytes()
    finally:
        shutil.rmtree(folder)
    port, length = struct.unpack(">ii", told[:8])
    os.environ |= {"PYSPARK_GATEWAY_PORT": str(port), "PYSPARK_GATEWAY_SECRET": told[8 : 8 + length].decode()}
    return process


def _command() -> list[str]:
    conf = spark_home.folder() / "conf"
    java, path = str(spark_home.folder() / "java/bin/java"), f"{spark_archive.jars()}:{conf}/"
    return [java, "-cp", path, f"-Xmx{HEAP}", *OPTIONS, *MAIN]
