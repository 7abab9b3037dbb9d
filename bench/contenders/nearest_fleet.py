"""fanfleet's nearest neighbours in Python, `native` or `portable`, which is numpy."""

import sys
from pathlib import Path

from contenders.job import Job, Pass
from contenders.nearest_problem import read_problem

sys.path.insert(0, str(Path(__file__).parents[2] / "ec2-workers"))

from fanfleet.nearest import find
from fanfleet.nearest import prepare as prepare_training


def prepare(job: Job, variant: str) -> Pass:
    training, queries, k = read_problem(job.folder)
    prepared = prepare_training(training, variant)
    return lambda: find(prepared, queries, k)[0].tolist()
