"""Tests of the workload embed; embed-conformance.test.ts compares its rows and files with those of functions."""

import hashlib
import io
import json
from contextlib import redirect_stdout

import numpy as np
import pytest
from fanfleet.batch import run_batch
from fanfleet.image_model import ImageModel
from fanfleet.inputs import InputDamaged, InputStore
from fanfleet.kernels import choose, why_not_native
from fanfleet.row import failed_row
from fanfleet.server_clock import ServerClock
from fanfleet.task import Task
from fanfleet.workloads.embed import EmbedBatch, Embedder
from memory_bucket import Bucket
from onnx_model import flat_times_matrix
from PIL import Image

KERNELS = ["portable", *([] if why_not_native() else ["native"])]
HEIGHT, WIDTH, LENGTH = 6, 5, 9
RECIPE = {
    "resize": {"width": WIDTH, "height": HEIGHT},
    **{"filter": "bicubic", "layout": "nchw", "type": "float32"},
}
DESCRIPTION = {
    **{"recipe": RECIPE, "bgr": False, "input": "images", "output": "scores", "batch": "any"},
    **{"length": LENGTH, "layer": "scores", "sha256": "ab" * 32},
}
WEIGHTS = np.random.default_rng(5).standard_normal((3 * HEIGHT * WIDTH, LENGTH)).astype(np.float32)


def model_of(weights=WEIGHTS):
    return flat_times_matrix(weights, ["N", 3, HEIGHT, WIDTH])


def png_of(level, width=WIDTH):
    file = io.BytesIO()
    Image.new("RGB", (width, HEIGHT), (level, 0, 255 - level)).save(file, "PNG")
    return file.getvalue()


FILES = {f"{number:02}.png": png_of(10 * number, WIDTH + number) for number in range(17)} | {"03-none.png": b"text"}
FILES = dict(sorted(FILES.items()))


def do(kernel, files=FILES, weights=WEIGHTS, model_batch=8):
    """The rows of a run over files in memory, and its embeddings."""
    bucket = Bucket()
    bucket.objects.update(files)
    inputs = {"model": model_of(weights), "embedder": json.dumps(DESCRIPTION).encode()}
    bucket.objects.update(inputs)
    places = {
        name: {"key": name, "bytes": len(body), "sha256": hashlib.sha256(body).hexdigest()}
        for name, body in inputs.items()
    }
    bucket.objects["runs/r/inputs.json"] = json.dumps(places).encode()
    objects = [{"key": key, "size": len(body), "etag": '"e"'} for key, body in files.items()]
    line = json.dumps({"batch": 0, "bytes": 1, "objects": objects}).encode()
    bucket.objects["runs/r/manifest.json"] = line
    params = {"model": "m", "layer": "scores", "type": "float32", "modelBatch": model_batch}
    place = {"offset": 0, "length": len(line), "queued_at": 0.0, "kernel": kernel}
    workload = {"name": "embed", "params": params}
    task = Task("s3://runs/runs/r/manifest.json", "s3://runs/out/", "data", workload, 1024, 0, 0, **place)
    with redirect_stdout(io.StringIO()):
        run_batch(task, 0.0, bucket, ServerClock())
    rows = [json.loads(each) for each in bucket.objects["out/results/000000000.jsonl"].decode().splitlines()]
    return rows, bucket.objects["out/embeddings/000000000.f32"]


@pytest.mark.parametrize("kernel", KERNELS)
class TestEmbed:
    @pytest.fixture(autouse=True)
    def store(self, monkeypatch):
        monkeypatch.setattr("fanfleet.inputs.STORE", InputStore())

    def test_rows_and_embeddings_are_what_the_model_gives_for_each_tensor(self, kernel):
        rows, file = do(kernel)
        assert [row["key"] for row in rows] == list(FILES)
        vectors = np.frombuffer(file, "<f4").reshape(-1, LENGTH)
        assert len(vectors) == 17
        left = iter(vectors)
        model = ImageModel(model_of(), Embedder(json.dumps(DESCRIPTION).encode()))
        for row, (key, data) in zip(rows, FILES.items(), strict=True):
            one = choose("portable").tensor(data, key, RECIPE)
            if one.failed is not None:
                assert row == one.failed
                continue
            [expected] = model.outputs(one.data[np.newaxis])
            assert np.array_equal(next(left), expected)
            digits = hashlib.sha256(expected.tobytes()).hexdigest()[:16]
            assert row == {"key": key, "width": one.width, "height": one.height, "channels": 3, "embedding": digits}

    def test_nothing_depends_on_how_many_images_the_model_gets_at_once(self, kernel):
        first, *others = [do(kernel, model_batch=images) for images in (1, 3, 256)]
        assert others == [first] * 2

    def test_an_embedding_with_numbers_that_are_not_finite_is_an_error_and_in_no_file(self, kernel):
        weights = np.full_like(WEIGHTS, 1e38)
        weights[: HEIGHT * WIDTH] = 0
        files = {"a.png": png_of(0), "b.png": png_of(255), "c.png": png_of(0)}
        rows, file = do(kernel, files, weights)
        assert [rows[0], rows[2]] == [failed_row(key, "SCORES_NOT_FINITE") for key in ("a.png", "c.png")]
        assert file == bytes(4 * LENGTH)
        assert rows[1]["embedding"] == hashlib.sha256(bytes(4 * LENGTH)).hexdigest()[:16]

    def test_a_batch_without_images_has_an_empty_file(self, kernel):
        assert do(kernel, {"a.png": b"text"})[1] == b""


def test_embeddings_of_other_images_than_are_counted_are_not_written():
    model = ImageModel(model_of(), Embedder(json.dumps(DESCRIPTION).encode()))
    batch = EmbedBatch(choose("portable"), 2**30, model, 8)
    with pytest.raises(ValueError, match="Expected the embeddings of 1 images but have 0"):
        batch.batch_files(0, 1)


@pytest.mark.parametrize("change", [{"length": None}, {"recipe": {}}])
def test_what_is_said_of_a_model_must_be_there(change):
    said = {name: value for name, value in (DESCRIPTION | change).items() if value is not None}
    with pytest.raises(InputDamaged, match="Expected what is said of a model but found "):
        Embedder(json.dumps(said).encode())


def test_a_model_that_gives_embeddings_of_another_length_is_refused():
    embedder = Embedder(json.dumps(DESCRIPTION | {"length": 7}).encode())
    with pytest.raises(InputDamaged, match=r"Expected float32 of \[1, 7\] from the model, an embedding for each image"):
        ImageModel(model_of(), embedder).outputs(np.zeros((1, 3, HEIGHT, WIDTH), np.float32))
