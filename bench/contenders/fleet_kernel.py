"""fanfleet's own Python kernel, a process per core as on the fleet."""

import sys
from pathlib import Path

from contenders.job import Job, Pass
from contenders.workers import on_processes

sys.path.insert(0, str(Path(__file__).parents[2] / "ec2-workers"))

from fanfleet.kernel import measure


def prepare(job: Job, _: str) -> Pass:
    if job.source == "memory":
        return on_processes(_measure, job.load(), job.threads)
    return on_processes(lambda path: _measure(Path(path).read_bytes()), job.paths(), job.threads)


def _measure(data: bytes) -> list[int]:
    row = measure(data, "", "stats").row
    return [*row["sum"], *row["min"], *row["max"]]
