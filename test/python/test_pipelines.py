"""Tests of pipelines on the engines themselves: whatever is chosen, the labels are the same."""

import io
import json
import os
import tarfile
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import fields
from functools import partial
from importlib import import_module
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from object_store import BUCKET, object_store
from onnx_model import flat_times_matrix
from pipelines.choices import Choices
from pipelines.images import in_turn, steps_before_model
from pipelines.mistakes import MISTAKES
from pipelines.model import Model
from pipelines.optimizations import OPTIMIZATIONS
from pipelines.rows import read_rows
from pipelines.store import Job
from pipelines.switches import SWITCHES, choices_of, with_needs
from pyarrow import parquet

HEIGHT, WIDTH, CLASSES = 12, 16, 5
WEIGHTS = np.random.default_rng(7).standard_normal((3 * HEIGHT * WIDTH, CLASSES)).astype(np.float32)
RECIPE = {
    **{"resize": {"width": WIDTH, "height": HEIGHT}, "filter": "bilinear", "layout": "nchw", "type": "float32"},
    **{"mean": [0.4, 0.5, 0.6], "std": [0.2, 0.25, 0.3]},
}
DESCRIPTION = json.dumps(
    {
        **{"recipe": RECIPE, "bgr": True, "input": "images", "output": "scores", "batch": "any", "isSoftmax": False},
        "labels": [f"class {number}" for number in range(CLASSES)],
    }
).encode()
MODEL = flat_times_matrix(WEIGHTS, ["N", 3, HEIGHT, WIDTH])
PHOTOS = sorted((Path(__file__).parents[2] / "assets/photos").glob("*.jpg"))[:5]


SETS = {
    "plain": [],
    "optimized": [optimization.name for optimization in OPTIMIZATIONS],
    "two-stages": ["kept-clients", "get-ahead", "uint8-between", "arrow-rows", "one-file", "workers-without-cpus"],
}
if os.environ.get("FANFLEET_TESTS") == "full":
    SETS["baseline"] = [mistake.name for mistake in MISTAKES]
    SETS |= {name: with_needs(name) for name in SWITCHES}


def job(endpoint="", out="out/"):
    shards = ("shards/0.tar", "shards/1.tar")
    keys = {"model": "model/model.onnx", "description": "model/classifier.json", "out": out}
    return Job(endpoint, "us-east-1", BUCKET, "key", "secret", "photos/", shards, **keys, workers=2)


class TestSwitches:
    def test_are_26_mistakes_and_30_optimizations_with_names_of_their_own(self):
        assert (len(MISTAKES), len(OPTIMIZATIONS), len(SWITCHES)) == (26, 30, 56)

    @pytest.mark.parametrize("switches", [MISTAKES, OPTIMIZATIONS])
    def test_do_not_undo_each_other_where_all_are_on(self, switches):
        times = Counter(name for switch in switches for name in switch.choices)
        assert set(times.values()) == {1}

    def test_change_every_choice_from_its_default(self):
        defaults = Choices()
        for switch in SWITCHES.values():
            assert all(getattr(defaults, name) != value for name, value in switch.choices.items()), switch.name
        chosen = {name for switch in SWITCHES.values() for name in switch.choices}
        assert chosen == {field.name for field in fields(Choices)}

    def test_need_only_what_is_there(self):
        assert all(name in SWITCHES for switch in SWITCHES.values() for name in switch.needs)

    def test_name_what_is_none(self):
        with pytest.raises(ValueError, match="Expected a mistake or an optimization but got hurry"):
            choices_of(["lists", "hurry"])


class TestSteps:
    """Of the functions that every engine calls, in this process."""

    @pytest.mark.parametrize("name", SWITCHES)
    def test_give_the_same_rows_with_each_switch(self, name):
        plain, changed = self.rows(Choices()), self.rows(choices_of([name]))
        assert changed["key"] == plain["key"]
        assert changed["label"] == plain["label"]
        assert np.allclose(changed["score"], plain["score"], atol=1e-5)

    def test_make_a_row_without_a_label_of_what_cannot_be_decoded_if_asked(self):
        bad = {"key": ["bad.jpg"], "bytes": [b"no image"]}
        rows = self.rows(choices_of(["bad-images-kept"]), bad)
        assert (rows["label"][-1], rows["score"][-1]) == (None, None)
        assert rows["label"][:-1] == self.rows(Choices())["label"]
        with pytest.raises(OSError, match="cannot identify image"):
            self.rows(Choices(), bad)

    def rows(self, choices, more=None):
        files = {"key": [path.name for path in PHOTOS], "bytes": [path.read_bytes() for path in PHOTOS]}
        batch = {name: [*values, *(more or {}).get(name, [])] for name, values in files.items()}
        # What is got and unpacked is here already.
        here = Choices(**{**vars(choices), "get_by": "engine", "packed": False, "saved_graph": False})
        steps = steps_before_model(job(), RECIPE, here, has_pixels=False)
        return Model(MODEL, DESCRIPTION, here)(in_turn(steps, here)(batch))


@pytest.fixture(scope="module")
def bucket():
    objects = {f"photos/{path.name}": path.read_bytes() for path in PHOTOS}
    for number, keys in enumerate((PHOTOS[:3], PHOTOS[3:])):
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w") as tar:
            for path in keys:
                tar.add(path, f"photos/{path.name}")
        objects[f"shards/{number}.tar"] = packed.getvalue()
    objects |= {"model/model.onnx": MODEL, "model/classifier.json": DESCRIPTION}
    here = Path(__file__).parents[2]
    with object_store(objects) as endpoint, pytest.MonkeyPatch.context() as patch:
        # The processes of engines have to find the pipelines, too.
        patch.setenv(
            "PYTHONPATH", os.pathsep.join(str(here / folder) for folder in ("engine-pipelines", "ec2-workers"))
        )
        # fanfleet's own workers look for these in the environment.
        for variable, value in (("AWS_ENDPOINT_URL", endpoint), ("AWS_DEFAULT_REGION", "us-east-1")):
            patch.setenv(variable, value)
        patch.setenv("AWS_ACCESS_KEY_ID", "key")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
        yield endpoint


@contextmanager
def opened(engine):
    """Gives what runs pipelines of an engine, in a process of its own: Ray keeps the token of the first cluster."""
    with ProcessPoolExecutor(1, get_context("spawn")) as process:
        process.submit(_open, engine).result()
        try:
            yield lambda asked, choices, module=engine: process.submit(_run, module, asked, choices).result()
        finally:
            process.submit(_opened.close).result()


_opened = ExitStack()


def _open(engine):
    _opened.enter_context(import_module(f"pipelines.{engine}").opened(2))


def _run(module, asked, choices):
    import_module(f"pipelines.{module}").run(asked, choices)


class TestRay:
    """In one Ray for all: it takes longer to start than a pipeline."""

    @pytest.fixture(scope="class")
    def run(self, bucket):
        with opened("fanfleet_ray") as run:
            yield partial(run, module="ray_data")

    @pytest.mark.parametrize("names", SETS.values(), ids=SETS)
    def test_gives_the_rows_of_the_steps_alone(self, bucket, run, request, names):
        expect_rows_of_steps(run, job(bucket, f"out/{request.node.callspec.id}/"), choices_of(names))

    def test_does_only_what_is_left_where_it_resumes(self, bucket, run):
        asked = job(bucket, "out/resumed/")
        begun = TestSteps().rows(Choices())
        rows = pa.table({name: values[:2] for name, values in begun.items()})
        rows = rows.set_column(0, "key", pa.array([f"photos/{key}" for key in begun["key"][:2]]))
        parquet.write_table(rows, f"{BUCKET}/out/resumed/begun.parquet", filesystem=asked.filesystem)
        # An image that was done again would have two rows.
        expect_rows_of_steps(run, asked, choices_of(["kept-clients", "resume"]))

    @pytest.mark.parametrize("module", ["ray_tasks", "fanfleet_ray"])
    def test_gives_the_same_rows_by_tasks_that_keep_the_model(self, bucket, run, module):
        choices = choices_of(["one-thread", "table"])
        expect_rows_of_steps(partial(run, module=module), job(bucket, f"out/{module}/"), choices)


class TestOthers:
    @pytest.mark.parametrize("name", ["daft_frame", "dask_bag", "spark_frame"])
    def test_give_the_rows_of_the_steps_alone_and_again_elsewhere(self, bucket, name):
        with opened(name) as run:
            for time in ("first", "again"):
                expect_rows_of_steps(run, job(bucket, f"out/{name}/{time}/"), choices_of(["one-thread", "table"]))


def expect_rows_of_steps(run, asked, choices):
    run(asked, choices)
    rows = read_rows(asked)
    alone = TestSteps().rows(Choices())
    assert [row["key"] for row in rows] == [f"photos/{key}" for key in alone["key"]]
    assert [row["label"] for row in rows] == alone["label"]
    assert np.allclose([row["score"] for row in rows], alone["score"], atol=1e-5)
