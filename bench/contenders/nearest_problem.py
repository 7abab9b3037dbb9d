"""Training set and queries that bench/nearest-images.ts has written."""

import json
from pathlib import Path
from typing import Any

import numpy as np


def read_problem(folder: Path) -> tuple[Any, Any, int]:
    """Arrays of uint8 with a vector in each row, and how many nearest are wanted."""
    problem = json.loads((folder / "problem.json").read_text())
    vectors = [
        np.fromfile(folder / f"{name}.bin", np.uint8).reshape(-1, problem["length"]) for name in ("training", "queries")
    ]
    return vectors[0], vectors[1], problem["k"]
