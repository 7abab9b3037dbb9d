"""Embeddings of images by Daft itself: `download`, a class with the model, `write_parquet`, in its native runner.

The variant is who decodes and resizes, `pillow` in the class or `daft` by `decode_image` and `resize`; whether the
class is in a `process` or a `thread`; and the number of images of a batch.
"""

import io
import json
import shutil
from pathlib import Path
from typing import Any

import daft
import numpy as np
import onnxruntime
import pyarrow.parquet as pq
from daft import DataType, Series, col
from daft.functions import decode_image, download, resize
from PIL import Image

from contenders.job import Job, Pass


def prepare(job: Job, variant: str) -> Pass:
    decoder, where, batch = variant.split()
    daft.set_runner_native()
    said = json.loads((job.folder / "embedder.json").read_text())
    embed = _embed_class(said["length"], int(batch), "image" if decoder == "daft" else "bytes")
    options = {"max_concurrency": job.threads, "use_process": where == "process"}
    model = daft.cls(embed, **options)((job.folder / "cut.onnx").read_bytes(), said)
    out = job.folder / f"daft-{decoder}-{where}-{batch}"
    size = said["recipe"]["resize"]

    def run() -> list[list[float]]:
        shutil.rmtree(out, ignore_errors=True)
        files = daft.from_glob_path(f"{job.folder}/images/*.jpg")
        data = download(col("path"))
        if decoder == "daft":
            data = resize(decode_image(data, mode="RGB"), size["width"], size["height"])
        files.select(col("path"), model.embed(data).alias("embedding")).write_parquet(str(out))
        return _written(out)

    return run


def _written(out: Path) -> list[list[float]]:
    table = pq.read_table(out).sort_by("path")
    return np.asarray(table["embedding"].combine_chunks().flatten()).reshape(len(table), -1).tolist()


def _embed_class(length: int, batch: int, given: str) -> type:
    class Embed:
        def __init__(self, model: bytes, said: dict[str, Any]) -> None:
            recipe = said["recipe"]
            self._said, self._size = said, (recipe["resize"]["width"], recipe["resize"]["height"])
            self._mean, self._std = np.float32(recipe["mean"]), np.float32(recipe["std"])
            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads = options.inter_op_num_threads = 1
            options.log_severity_level = 3
            self._session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])

        @daft.method.batch(return_dtype=DataType.embedding(DataType.float32(), length), batch_size=batch)
        def embed(self, images: Series) -> Any:
            ready = images.to_pylist() if given == "image" else [self._image(data) for data in images.to_pylist()]
            pixels = np.stack(ready)
            if self._said["bgr"]:
                pixels = pixels[..., ::-1]
            values = pixels.astype(np.float32)
            values /= np.float32(255)
            values -= self._mean
            values /= self._std
            tensors = np.ascontiguousarray(values.transpose(0, 3, 1, 2))
            [embeddings] = self._session.run([self._said["output"]], {self._said["input"]: tensors})
            return embeddings

        def _image(self, data: bytes) -> np.ndarray:
            image = Image.open(io.BytesIO(data)).convert("RGB")
            return np.asarray(image.resize(self._size, Image.Resampling.BILINEAR))

    return Embed
