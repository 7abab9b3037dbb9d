"""Vectors that bench/centres-vectors.ts has written."""

import json
from array import array
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np


@dataclass(frozen=True, slots=True)
class Problem:
    vectors: Any
    """An array of uint8 with a vector in each row; the first `k` are the centres that K-Means begins with."""
    k: int
    iterations: int


def read_problem(folder: Path) -> Problem:
    problem = json.loads((folder / "problem.json").read_text())
    vectors = np.fromfile(folder / "vectors.bin", np.uint8).reshape(-1, problem["length"])
    return Problem(vectors, problem["k"], problem["iterations"])


def result_of(labels: Any) -> list:
    """The one result of a pass, without making a number of each label while the time counts."""
    return [array("i", labels.astype(np.int32).tobytes())]
