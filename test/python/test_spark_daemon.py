"""Tests of what an executor reads of the process that forks those that do batches."""

import os
import subprocess
import sys
from pathlib import Path

import fanfleet
from waiting import LIMIT_S

SCRIPT = """
import ctypes, os
from fanfleet.clusters import spark_daemon

def warm_up():
    print("of Python")
    os.write(1, b"of the system\\n")
    ctypes.CDLL(None).printf(b"of C\\n")
    raise RuntimeError("no kernel")

spark_daemon.warm_up = warm_up
spark_daemon.manager = lambda: print("port", flush=True)
spark_daemon.main()
"""


def test_only_the_port_comes_on_standard_output():
    env = {**os.environ, "PYTHONPATH": str(Path(fanfleet.__path__[0]).parent)}
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=LIMIT_S, env=env)
    assert done.stdout == "port\n", done.stderr
    assert {"of Python", "of the system", "of C"} <= set(done.stderr.splitlines())
    assert "no kernel" in done.stderr
