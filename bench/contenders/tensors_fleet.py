"""Tensors by fanfleet's kernels in Python: `native`, or `portable`, which is Pillow with numpy."""

import sys
from pathlib import Path

import numpy as np

from contenders.job import Job, Pass
from contenders.tensor_recipe import RECIPE, in_batches

sys.path.insert(0, str(Path(__file__).parents[2] / "ec2-workers"))

from fanfleet.kernels import choose


def prepare(job: Job, variant: str) -> Pass:
    kernel = choose(variant)

    def work(data: bytes, place: np.ndarray) -> None:
        made = kernel.tensor(data, "image", RECIPE, into=place)
        if made.failed is not None:
            raise ValueError(f"Expected a tensor but got {made.failed}.")

    return in_batches(job, work)
