"""Tests that a process does not keep the memory of the images that it has done."""

import os
import platform
import subprocess
import sys
from pathlib import Path

import fanfleet
import pytest

# Files of 60 MB, each with something small behind it that stays, as a row does; prints the MB that are left of them.
BATCHES = """
import fanfleet.batch
def resident():
    return int(open("/proc/self/statm").read().split()[1]) * 4096 / 1e6
rows = []
def batch():
    files = []
    for _ in range(100):
        files.append(bytearray(600_000))
        files[-1][::4096] = b"x" * len(files[-1][::4096])
        rows.append(bytearray(2_000))
before = resident()
batch()
batch()
print(resident() - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="others have no such threshold")
def test_files_of_images_are_given_back_with_their_batch():
    environment = {**os.environ, "PYTHONPATH": str(Path(fanfleet.__path__[0]).parent)}
    command = [sys.executable, "-c", BATCHES]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert float(done.stdout) < 10
