"""Tests of the workload classify; classify-conformance.test.ts compares its rows with those of functions."""

import hashlib
import io
import json
import subprocess
import sys
from contextlib import redirect_stdout
from pathlib import Path

import numpy as np
import pytest
from fanfleet.batch import run_batch
from fanfleet.class_scores import best_scores, logits_hash
from fanfleet.classifier import Classifier, Description
from fanfleet.inputs import InputStore
from fanfleet.kernels import choose, why_not_native
from fanfleet.row import failed_row
from fanfleet.server_clock import ServerClock
from fanfleet.task import Task
from memory_bucket import Bucket
from onnx_model import FLOAT, UINT8, flat_times_matrix
from PIL import Image

KERNELS = ["portable", *([] if why_not_native() else ["native"])]
HEIGHT, WIDTH, CLASSES = 6, 5, 9
LABELS = [f"c{number}" for number in range(CLASSES)]
RECIPE = {
    "resize": {"width": WIDTH, "height": HEIGHT},
    **{"filter": "bicubic", "mean": [0.5, 0.4, 0.3], "std": [0.2, 0.3, 0.4], "layout": "nchw", "type": "float32"},
}
DESCRIPTION = {
    **{"recipe": RECIPE, "bgr": False, "input": "images", "output": "scores"},
    **{"batch": "any", "isSoftmax": False, "labels": LABELS},
}
WEIGHTS = (np.random.default_rng(5).standard_normal((3 * HEIGHT * WIDTH, CLASSES)) / 3).astype(np.float32)
MODEL = flat_times_matrix(WEIGHTS, ["N", 3, HEIGHT, WIDTH])


FORMS = {
    "as many images at a time as one likes": {},
    "one at a time": {"batch": 1},
    "pixels as bytes, pixel by pixel": {"recipe": {"layout": "nhwc", "type": "uint8"}},
    "cut out of the middle": {
        "recipe": {
            **{"resize": {"shorter": 9}, "crop": {"width": WIDTH, "height": HEIGHT}},
            "filter": "lanczos",
        }
    },
    "blue first, and probabilities": {"bgr": True, "isSoftmax": True},
}
"""Models of several forms, and what is said of them."""


def file_of(seed, kind="PNG", width=40, height=30):
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, kind)
    return file.getvalue()


FILES = {
    **{f"{number:02}.png": file_of(number, width=20 + number) for number in range(17)},
    "03-none.png": b"",
    "05-text.png": b"no image",
    "08-cut.png": file_of(1)[:-400],
    "12.gif": file_of(2, "GIF"),
    "13.jpg": file_of(3, "JPEG"),
}
FILES = dict(sorted(FILES.items()))


class Run:
    """A run over files in memory, with a model."""

    def __init__(self, files=FILES, model=MODEL, **changes):
        self.bucket = Bucket()
        self.bucket.objects.update(files)
        inputs = {"model": model, "classifier": json.dumps(DESCRIPTION | changes).encode()}
        self.bucket.objects.update(inputs)
        places = {
            name: {"key": name, "bytes": len(body), "sha256": hashlib.sha256(body).hexdigest()}
            for name, body in inputs.items()
        }
        self.bucket.objects["runs/r/inputs.json"] = json.dumps(places).encode()
        objects = [{"key": key, "size": len(body), "etag": '"e"'} for key, body in files.items()]
        self.line = json.dumps({"batch": 0, "bytes": 1, "objects": objects}).encode()
        self.bucket.objects["runs/r/manifest.json"] = self.line

    def do(self, kernel, model_batch=8, top=5, image_memory=1024):
        """The lines of its result, and its span."""
        workload = {"name": "classify", "params": {"top": top, "modelBatch": model_batch}}
        place = {"offset": 0, "length": len(self.line), "queued_at": 0.0, "kernel": kernel}
        manifest, out = "s3://runs/runs/r/manifest.json", "s3://runs/out/"
        task = Task(manifest, out, "data", workload, image_memory, 0, 0, **place)
        with redirect_stdout(io.StringIO()):
            span = run_batch(task, 0.0, self.bucket, ServerClock())
        return self.bucket.objects["out/results/000000000.jsonl"].decode().splitlines(), span


class Watched(Classifier):
    """Notes how many images the model gets at once."""

    def _run(self, tensors):
        self.asked = [*getattr(self, "asked", []), len(tensors)]
        return super()._run(tensors)


@pytest.mark.parametrize("kernel", KERNELS)
class TestClassify:
    @pytest.fixture(autouse=True)
    def store(self, monkeypatch):
        monkeypatch.setattr("fanfleet.inputs.STORE", InputStore())

    @pytest.fixture
    def watched(self, monkeypatch):
        """The classifiers that are made."""
        made = []

        def make(*arguments, **named):
            made.append(Watched(*arguments, **named))
            return made[-1]

        monkeypatch.setattr("fanfleet.workloads.classify.Classifier", make)
        return made

    def test_rows_are_what_the_model_gives_for_each_tensor(self, kernel):
        lines, span = Run().do(kernel, top=3)
        rows = [json.loads(line) for line in lines]
        assert [row["key"] for row in rows] == list(FILES)
        classifier = Classifier(MODEL, json.dumps(DESCRIPTION).encode())
        for row, (key, data) in zip(rows, FILES.items(), strict=True):
            one = choose("portable").tensor(data, key, RECIPE)
            if one.failed is not None:
                assert row == one.failed
                continue
            logits = classifier.logits(one.data[np.newaxis])
            [scores] = best_scores(logits, 3, is_softmax=False)
            assert row == {
                **{"key": key, "width": one.width, "height": one.height, "channels": 3},
                **{"label": LABELS[scores[0][0]], "scores": scores, "logits": logits_hash(logits[0])},
            }
        assert (span["items"], span["errors"]) == (22, 3)
        assert span["left"] == ({} if kernel == "portable" else {"pillow": 1})
        assert span["decodeMs"] > 0 < span["computeMs"]

    @pytest.mark.parametrize(("name", "changes"), FORMS.items(), ids=list(FORMS))
    def test_rows_are_those_of_an_independent_computation(self, kernel, name, changes, tmp_path):
        recipe = RECIPE | changes.get("recipe", {})
        if recipe["type"] == "uint8":
            recipe = {key: value for key, value in recipe.items() if key not in ("mean", "std")}
        said = DESCRIPTION | changes | {"recipe": recipe}
        kind = {"float32": FLOAT, "uint8": UINT8}[recipe["type"]]
        shape = ["N" if said["batch"] == "any" else 1, *Description(json.dumps(said).encode()).shape]
        # Of bytes, which are never less than 0, one class would always be the best otherwise.
        weights = (WEIGHTS - WEIGHTS.mean(axis=0)) / 100 if kind == UINT8 else WEIGHTS
        model = flat_times_matrix(weights, shape, kind=kind, softmax=said["isSoftmax"])
        files = {"model.onnx": model, "classifier.json": json.dumps(said).encode()}
        for path, body in {**files, **{f"images/{key}": body for key, body in FILES.items()}}.items():
            (tmp_path / path).parent.mkdir(exist_ok=True)
            (tmp_path / path).write_bytes(body)
        script = Path(__file__).parents[1] / "fixtures" / "independent_classify.py"
        paths = [tmp_path / "images", *(tmp_path / name for name in files)]
        command = [sys.executable, "-B", script, *paths, "--top", "4"]
        printed = subprocess.run(command, capture_output=True, text=True, check=True, timeout=100).stdout
        lines, _ = Run(model=model, **said).do(kernel, top=4)
        assert lines == printed.splitlines()
        assert len({json.loads(line).get("label") for line in lines}) > 2

    @pytest.mark.parametrize("batch", ["any", 1])
    def test_rows_do_not_depend_on_how_many_images_the_model_gets_at_once(self, kernel, batch):
        model = flat_times_matrix(WEIGHTS, ["N" if batch == "any" else 1, 3, HEIGHT, WIDTH])
        run = Run(model=model, batch=batch)
        first, *others = [run.do(kernel, model_batch)[0] for model_batch in (1, 3, 8, 32, 256)]
        assert others == [first] * 4

    def test_the_place_of_an_image_that_cannot_be_decoded_goes_to_the_next_one(self, kernel, watched):
        files = {key: data for key, data in FILES.items() if len(data) < 10 or key < "10"}
        assert len(files) == 13
        bad = 3
        run = Run(files)
        run.do(kernel, 5)
        [classifier] = watched
        # All files are small, and nothing is waited for in memory but the first ones.
        assert sum(classifier.asked) == 13 - bad
        assert max(classifier.asked) == 5

    def test_a_batch_takes_no_more_tensors_than_an_eighth_of_the_memory_of_an_image(self, kernel, watched):
        weights = np.ones((3 * 512 * 1024, 2), np.float32)
        recipe = RECIPE | {"resize": {"width": 1024, "height": 512}}
        files = {f"{number}.png": file_of(number) for number in range(5)}
        run = Run(files, flat_times_matrix(weights, ["N", 3, 512, 1024]), recipe=recipe, labels=["a", "b"])
        lines, _ = run.do(kernel, 32, image_memory=100)
        assert max(watched[0].asked) == 100 // 8 // 6
        assert all("scores" in json.loads(line) for line in lines)

    def test_an_image_with_scores_that_are_no_numbers_is_an_error_and_disturbs_no_other(self, kernel):
        weights = np.full((3 * HEIGHT * WIDTH, CLASSES), 1e38, np.float32)
        black, grey = (png_of(level) for level in (0, 77))
        files = {"a.png": grey, "b.png": black, "c.png": grey}
        recipe = {key: value for key, value in RECIPE.items() if key not in ("mean", "std")}
        lines, span = Run(files, flat_times_matrix(weights, ["N", 3, HEIGHT, WIDTH]), recipe=recipe).do(kernel)
        rows = [json.loads(line) for line in lines]
        assert [rows[0], rows[2]] == [failed_row(key, "SCORES_NOT_FINITE") for key in ("a.png", "c.png")]
        assert rows[1]["scores"] == [[index, 111_111] for index in range(5)]
        assert span["errors"] == 2

    def test_a_model_is_loaded_once_for_all_batches(self, kernel, watched):
        run = Run()
        first = run.do(kernel)[0]
        del run.bucket.objects["model"]
        assert run.do(kernel)[0] == first
        assert len(watched) == 1

    def test_a_label_with_half_a_character_is_written_as_functions_write_it(self, kernel):
        lines, _ = Run({"a.png": FILES["00.png"]}, labels=["é\ud83d"] * CLASSES).do(kernel)
        assert r'"label":"é\ud83d"' in lines[0]


def png_of(level):
    file = io.BytesIO()
    Image.new("RGB", (WIDTH, HEIGHT), (level, level, level)).save(file, "PNG")
    return file.getvalue()
