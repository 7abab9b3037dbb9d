"""K-Means by fanfleet's centres in Python, `native` or `portable`, which is numpy."""

import sys
from pathlib import Path

from contenders.centres_problem import read_problem, result_of
from contenders.job import Job, Pass

sys.path.insert(0, str(Path(__file__).parents[2] / "ec2-workers"))

from fanfleet.centres import prepare as prepare_centres


def prepare(job: Job, variant: str) -> Pass:
    problem = read_problem(job.folder)
    length = problem.vectors.shape[1]

    def fit() -> list:
        centres = [(1, vector.tolist()) for vector in problem.vectors[: problem.k]]
        for _ in range(problem.iterations):
            found = prepare_centres(centres, length, variant).assign(problem.vectors)
            # A centre without vectors stays where it is.
            means = zip(found.counts, found.sums, strict=True)
            centres = [new if new[0] else old for old, new in zip(centres, means, strict=True)]
        return result_of(prepare_centres(centres, length, variant).assign(problem.vectors).labels)

    return fit
