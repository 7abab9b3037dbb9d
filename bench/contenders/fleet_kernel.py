"""fanfleet's kernels in Python, `native` or `portable`, a process per core as on the fleet."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

from contenders.job import Job, Pass
from contenders.workers import on_processes

sys.path.insert(0, str(Path(__file__).parents[2] / "ec2-workers"))

from fanfleet.kernels import choose

Item = TypeVar("Item")

IMAGES = 16
"""Measured in one call, as a worker does with what it has fetched."""


def prepare(job: Job, variant: str) -> Pass:
    kernel = choose(variant)

    def measure(images: Sequence[bytes]) -> list[list[int]]:
        rows = [measured.row for measured in kernel.measure_all([("", data) for data in images], "stats")]
        return [[*row["sum"], *row["min"], *row["max"]] for row in rows]

    if job.source == "memory":
        done = on_processes(measure, _groups(job.load()), job.threads)
    else:
        done = on_processes(
            lambda paths: measure([Path(path).read_bytes() for path in paths]), _groups(job.paths()), job.threads
        )
    return lambda: [row for rows in done() for row in rows]


def _groups(items: Sequence[Item]) -> list[Sequence[Item]]:
    return [items[at : at + IMAGES] for at in range(0, len(items), IMAGES)]
