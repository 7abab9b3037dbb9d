"""Embeddings of images by fanfleet's workers in Python: batches from files to rows and the file of each batch.

The variant is the kernel, `native` or `portable`, and the number of images that the model is given at once.
"""

import sys
from pathlib import Path

import numpy as np

from contenders.folder_inputs import FolderInputs
from contenders.job import Job, Pass

sys.path.insert(0, str(Path(__file__).parents[2] / "ec2-workers"))

from fanfleet.kernels import choose
from fanfleet.workloads.embed import runner

_IMAGE_BYTES = 2**30
_BATCH = 100
"""Images in a batch of the run."""


def prepare(job: Job, variant: str) -> Pass:
    kind, at_once = variant.split()
    paths = sorted((job.folder / "images").iterdir())
    inputs = FolderInputs({"model": job.folder / "cut.onnx", "embedder": job.folder / "embedder.json"})
    begun, kernel, out = runner({"modelBatch": int(at_once)}), choose(kind), job.folder / "fleet"
    out.mkdir(exist_ok=True)

    def embed() -> list[list[float]]:
        found: list[list[float]] = []
        for batch, at in enumerate(range(0, len(paths), _BATCH)):
            part = paths[at : at + _BATCH]
            work = begun.begin(kernel, _IMAGE_BYTES, inputs)
            rows = list(work.run([(path.name, path.read_bytes()) for path in part]))
            [file] = work.batch_files(batch, len(rows))
            (out / str(batch)).write_bytes(file.body)
            found += np.frombuffer(file.body, "<f4").reshape(len(part), -1).tolist()
        return found

    return embed
