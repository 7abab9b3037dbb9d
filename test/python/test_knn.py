"""Tests of the workload knn; test/integration/knn-conformance.test.ts compares its rows with those of functions."""

import gzip
import hashlib
import io
import json
import struct
import subprocess
import sys
from contextlib import redirect_stdout
from pathlib import Path

import independent_knn
import numpy as np
import pytest
from fanfleet.batch import run_batch
from fanfleet.inputs import InputDamaged, InputStore
from fanfleet.kernels import why_not_native
from fanfleet.server_clock import ServerClock
from fanfleet.task import Task
from fanfleet.workloads.knn import TrainingSet
from memory_bucket import Bucket
from PIL import Image

ROOT = Path(__file__).parents[2]
KERNELS = ["portable", *([] if why_not_native() else ["native"])]


def png_of(pixels):
    file = io.BytesIO()
    Image.fromarray(np.asarray(pixels, np.uint8)).save(file, "PNG")
    return file.getvalue()


def training_file(images, label_of, labels):
    """The bytes of a training set: images of uint8 in the shape (rows, columns, 3), and of each its place in labels."""
    height, width, _ = images[0].shape
    header = json.dumps({"count": len(images), "width": width, "height": height, "labels": labels}).encode()
    places = struct.pack(f"<{len(label_of)}I", *label_of)
    return b"FFKNN001" + struct.pack("<I", len(header)) + header + places + b"".join(map(np.ndarray.tobytes, images))


def noise(seed, height=3, width=5):
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


class Run:
    """A run over files in memory, with a training set."""

    def __init__(self, training, files):
        self.bucket = Bucket()
        self.bucket.objects.update(files)
        self.bucket.objects["t.bin"] = training
        place = {"key": "t.bin", "bytes": len(training), "sha256": hashlib.sha256(training).hexdigest()}
        self.bucket.objects["runs/r/inputs.json"] = json.dumps({"training": place}).encode()
        objects = [{"key": key, "size": len(body), "etag": '"e"'} for key, body in files.items()]
        self.line = json.dumps({"batch": 0, "bytes": 1, "objects": objects}).encode()
        self.bucket.objects["runs/r/manifest.json"] = self.line

    def do(self, kernel, k, image_memory=1024):
        """The lines of its result, and its span."""
        manifest, out = "s3://runs/runs/r/manifest.json", "s3://runs/out/"
        workload = {"name": "knn", "params": {"k": k, "ask": 500, "labels": "auto"}}
        place = {"offset": 0, "length": len(self.line), "queued_at": 0.0, "kernel": kernel}
        task = Task(manifest, out, "data", workload, image_memory, 0, 0, **place)
        with redirect_stdout(io.StringIO()):
            span = run_batch(task, 0.0, self.bucket, ServerClock())
        return self.bucket.objects["out/results/000000000.jsonl"].decode().splitlines(), span


@pytest.fixture(scope="module")
def digits(tmp_path_factory):
    """The sample of handwritten digits as files, some of them asked; and the independent rows of k = 5."""
    folder = tmp_path_factory.mktemp("digits")
    lines = gzip.decompress((ROOT / "assets/digits/digits.csv.gz").read_bytes()).decode().split()
    for number, line in enumerate(lines):
        *levels, label = map(int, line.split(","))
        pixels = np.array([int(level * 255 / 16 + 0.5) for level in levels]).reshape(8, 8)
        part = "asked" if (number + 1) * 500 // len(lines) > number * 500 // len(lines) else "training"
        path = folder / part / f"{number:06d}-{label}.png"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(png_of(pixels))
    script = ROOT / "test/fixtures/independent_knn.py"
    command = [sys.executable, "-B", str(script), str(folder / "training"), str(folder / "asked"), "5"]
    rows = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300).stdout.splitlines()
    training = [path for _, path in independent_knn.files_below(folder / "training")]
    images = [np.asarray(Image.open(path).convert("RGB")) for path in training]
    file = training_file(images, [int(path.stem[-1]) for path in training], [str(digit) for digit in range(10)])
    return file, {name: path.read_bytes() for name, path in independent_knn.files_below(folder / "asked")}, rows


@pytest.mark.parametrize("kernel", KERNELS)
class TestKnn:
    @pytest.fixture(autouse=True)
    def store(self, monkeypatch):
        monkeypatch.setattr("fanfleet.inputs.STORE", InputStore())

    def test_rows_of_the_digits_are_those_of_an_independent_computation(self, kernel, digits):
        training, files, expected = digits
        rows, span = Run(training, files).do(kernel, 5)
        assert rows == expected
        assert (len(rows), span["errors"], span["left"]) == (500, 0, {})
        assert span["kernel"] == {"portable": "pillow", "native": "native"}[kernel]
        right = [json.loads(row) for row in rows if json.loads(row)["label"] == json.loads(row)["key"][-5]]
        assert len(right) == 494

    def test_of_equal_distances_the_first_is_nearer_and_of_equal_votes_the_first_label_wins(self, kernel):
        grey = [np.full((3, 5, 3), value, np.uint8) for value in (100, 102, 98, 100, 255)]
        run = Run(training_file(grey, [1, 0, 1, 0, 2], ["b", "a", "c"]), {"q.png": png_of(grey[0])})
        for k, label, neighbours in (
            (1, "a", [[0, 0]]),
            (2, "b", [[0, 0], [3, 0]]),
            (3, "b", [[0, 0], [3, 0], [1, 180]]),
            (4, "b", [[0, 0], [3, 0], [1, 180], [2, 180]]),
            (9, "b", [[0, 0], [3, 0], [1, 180], [2, 180], [4, 155**2 * 45]]),
        ):
            [line], _ = run.do(kernel, k)
            row = {"key": "q.png", "width": 5, "height": 3, "channels": 3, "label": label, "neighbours": neighbours}
            assert line == json.dumps(row, separators=(",", ":"))

    def test_what_cannot_be_asked_is_an_error_and_disturbs_no_other(self, kernel):
        images = [noise(seed) for seed in range(20)]
        files = {
            "0.png": png_of(images[4]),
            "1-large.png": png_of(noise(1, 40, 50)),
            "2-turned.png": png_of(noise(1, 5, 3)),
            "3.png": png_of(images[7]),
            "4-none.png": b"",
            "5-text.png": b"no image",
            "6-cut.png": png_of(images[2])[:-30],
            "7.gif": gif_of(images[3]),
            "8.png": png_of(images[19]),
        }
        rows, span = Run(training_file(images, [0] * 20, ["x"]), files).do(kernel, 1)
        found = [row.get("neighbours", row.get("error", {}).get("code")) for row in map(json.loads, rows)]
        errors = ["EMPTY_OBJECT", "NOT_AN_IMAGE", "DECODE_FAILED"]
        differs = ["SIZE_DIFFERS"] * 2
        assert found == [[[4, 0]], *differs, [[7, 0]], *errors, [[3, 0]], [[19, 0]]]
        assert (span["items"], span["errors"]) == (9, 5)
        assert span["left"] == ({} if kernel == "portable" else {"pillow": 1})
        assert span["decodeMs"] > 0 < span["computeMs"]

    def test_more_images_than_are_compared_at_once_have_the_same_rows(self, kernel, monkeypatch):
        images = [noise(seed) for seed in range(30)]
        files = {f"{number:02}.png": png_of(noise(100 + number // 2)) for number in range(25)}
        files["07-other.png"] = png_of(noise(1, 4, 4))
        files = dict(sorted(files.items()))
        training = training_file(images, [number % 3 for number in range(30)], ["x", "y", "z"])
        expected, _ = Run(training, files).do(kernel, 5)
        for most in (1, 45 * 7):
            monkeypatch.setattr("fanfleet.workloads.knn.QUERY_BYTES", most)
            assert Run(training, files).do(kernel, 5)[0] == expected

    def test_an_image_that_takes_too_much_memory_is_refused(self, kernel):
        images = [np.zeros((3, 5, 3), np.uint8)]
        run = Run(training_file(images, [0], ["x"]), {"a.png": png_of(np.zeros((2000, 2000, 3)))})
        codes = [json.loads(run.do(kernel, 1, memory)[0][0])["error"]["code"] for memory in (40, 1024)]
        assert codes == ["TOO_MUCH_MEMORY", "SIZE_DIFFERS"]

    def test_a_training_set_is_read_once_for_all_batches(self, kernel, monkeypatch):
        run = Run(training_file([noise(1)], [0], ["x"]), {"a.png": png_of(noise(2))})
        first = run.do(kernel, 1)[0]
        monkeypatch.setattr("fanfleet.workloads.knn.prepare", None)
        del run.bucket.objects["t.bin"]
        assert run.do(kernel, 1)[0] == first

    def test_a_label_with_half_a_character_is_written_as_functions_write_it(self, kernel):
        run = Run(training_file([noise(1)], [0], ["é\ud83d"]), {"a.png": png_of(noise(2))})
        assert r'"label":"é\ud83d"' in run.do(kernel, 1)[0][0]


def gif_of(pixels):
    """Without loss: no more colours than a palette has."""
    file = io.BytesIO()
    Image.fromarray(pixels).quantize(256, dither=Image.Dither.NONE).save(file, "GIF")
    assert np.array_equal(np.asarray(Image.open(file).convert("RGB")), pixels)
    return file.getvalue()


@pytest.mark.parametrize("change", [lambda file: b"X" + file[1:], lambda file: file + b"x", lambda file: file[:-1]])
def test_a_file_of_another_form_is_no_training_set(change):
    file = training_file([noise(1), noise(2)], [0, 1], ["x", "y"])
    assert TrainingSet(file, "portable").nearest.shape == (2, 45)
    with pytest.raises(InputDamaged, match="Expected a training set but it"):
        TrainingSet(change(file), "portable")


def test_a_label_that_is_none_of_the_labels_is_refused_before_it_is_voted_for():
    images = [noise(1), noise(2)]
    with pytest.raises(InputDamaged, match=r"\[INPUT_DAMAGED\] Expected a training set but it has a label 2 of 2\."):
        TrainingSet(training_file(images, [0, 2], ["x", "y"]), "portable")
