"""Asks a model for an embedding of each image: the twin of src/workloads/embed/runner.ts."""

import hashlib
from functools import partial
from typing import Any

import numpy as np

from fanfleet.image_model import ImageModel, ModelDescription
from fanfleet.inputs import Inputs
from fanfleet.kernels import Kernel
from fanfleet.model_batch import Made, ModelBatch
from fanfleet.row import failed_row
from fanfleet.workloads.runner import BatchFile

EMBEDDINGS = "embeddings"
"""The folder with those of each batch."""


class Embedder(ModelDescription):
    """What is said of a model: the file `embedder.json` (src/workloads/embed/embedder-file.ts)."""

    value = "an embedding"

    def read(self, fields: dict[str, Any]) -> None:
        self.values = fields["length"]


class EmbedRunner:
    """As `Runner` says."""

    file_format = None

    def __init__(self, model_batch: int) -> None:
        """`model_batch` is the number of images that the model gets at once, on which no row depends."""
        self._model_batch = model_batch

    def begin(self, kernel: Kernel, most_bytes: int, inputs: Inputs) -> "EmbedBatch":
        embedder = inputs.get("embedder", "embed", Embedder)
        make = partial(ImageModel, description=embedder)
        model = inputs.get("model", f"embed {embedder.sha256}", make)
        return EmbedBatch(kernel, most_bytes, model, self._model_batch)


class EmbedBatch(ModelBatch):
    """As `BatchRunner` says; the embeddings of a batch are held until it is done."""

    def __init__(self, kernel: Kernel, most_bytes: int, model: ImageModel, model_batch: int) -> None:
        super().__init__(kernel, most_bytes, model, model_batch, self._embedded)
        self._vectors: list[bytes] = []

    def batch_files(self, batch: int, images: int) -> list[BatchFile]:
        if images != len(self._vectors):
            raise ValueError(f"Expected the embeddings of {images} images but have {len(self._vectors)}.")
        return [BatchFile(EMBEDDINGS, b"".join(self._vectors))]

    def _embedded(self, made: Made, embeddings: np.ndarray) -> list[dict[str, Any]]:
        finite = np.isfinite(embeddings).all(axis=1).tolist()
        rows = []
        for (key, one), values, is_sound in zip(made, embeddings.astype("<f4", copy=False), finite, strict=True):
            if not is_sound:
                rows.append(failed_row(key, "SCORES_NOT_FINITE"))
                continue
            vector = values.tobytes()
            self._vectors.append(vector)
            size = {"width": one.width, "height": one.height, "channels": 3}
            rows.append({"key": key, **size, "embedding": hashlib.sha256(vector).hexdigest()[:16]})
        return rows


def runner(params: dict[str, Any]) -> EmbedRunner:
    return EmbedRunner(params["modelBatch"])
