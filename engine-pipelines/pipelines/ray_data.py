"""The pipeline on Ray Data: read, prepare, an actor pool with the model, write."""

import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import ray
from ray._private.internal_api import get_memory_info_reply
from ray._private.state import state
from ray.data import ActorPoolStrategy, DataContext, Dataset

from pipelines.choices import Choices
from pipelines.images import Batch, Step, in_turn, steps_before_model
from pipelines.model import Model, optimised
from pipelines.rows import read_rows
from pipelines.store import Job, get, list_keys, new_client

STORE_BYTES = 2 * 2**30
PREPARED_AT_ONCE = 32
COUNTER = "pipelines-counter"
FEW_ARENAS = {"MALLOC_ARENA_MAX": "2", "MALLOC_TRIM_THRESHOLD_": "131072"}


@contextmanager
def opened(workers: int) -> Iterator[Callable[[], int]]:
    """A Ray of this machine with a CPU for each worker. Gives a function that tells the bytes in its object store."""
    ray.init(num_cpus=workers, include_dashboard=False, object_store_memory=STORE_BYTES, logging_level="warning")
    try:
        yield _store_bytes
    finally:
        ray.shutdown()


def _store_bytes() -> int:
    stats = get_memory_info_reply(state).store_stats
    return stats.object_store_bytes_used + stats.spilled_bytes_total - stats.restored_bytes_total


def run(job: Job, choices: Choices) -> None:
    """Classify all images of the job, and write their rows. Ray must have been initialised."""
    driver = new_client(job)
    with settings(choices):
        if choices.ask_sizes:
            for key in list_keys(driver, job, job.prefix):
                driver.head_object(Bucket=job.bucket, Key=key)
        description = get(driver, job, job.description)
        recipe = json.loads(description)["recipe"]
        keys = None if choices.get_by == "engine" else _keys_to_get(driver, job, choices)
        if keys == []:
            return
        rows, has_pixels = _read(keys, job, choices)
        steps = steps_before_model(job, recipe, choices, has_pixels)
        counter = (
            _Counter.options(name=COUNTER, num_cpus=0, get_if_exists=True).remote() if choices.count_rows else None
        )
        if choices.stages == "one":
            rows = _classified(rows, driver, job, choices, description, in_turn(steps, choices))
        else:
            rows = _prepared(rows, steps, choices)
            rows = _between(rows, choices)
            rows = _classified(rows, driver, job, choices, description, None)
        _write(rows, job, choices)
        if counter is not None:
            ray.kill(counter)


@contextmanager
def settings(choices: Choices) -> Iterator[None]:
    """The settings of datasets, as they were afterwards."""
    context = DataContext.get_current()
    wanted = {
        "enable_progress_bars": choices.progress,
        "op_resource_reservation_enabled": choices.reservation,
        "target_max_block_size": 8 * 2**20 if choices.small_blocks else context.target_max_block_size,
    }
    before = {name: getattr(context, name) for name in wanted}
    try:
        for name, value in wanted.items():
            setattr(context, name, value)
        context.execution_options.preserve_order = choices.preserve_order
        yield
    finally:
        for name, value in before.items():
            setattr(context, name, value)
        context.execution_options.preserve_order = False


def _keys_to_get(driver: Any, job: Job, choices: Choices) -> list[str]:
    """Of tars, or of images, less those that have a row where that is asked for."""
    keys = list(job.shards) if choices.packed else list_keys(driver, job, job.prefix)
    if not choices.resume or choices.packed:
        return keys
    done = {row["key"] for row in read_rows(job)}
    return [key for key in keys if key not in done]


def _read(keys: list[str] | None, job: Job, choices: Choices) -> tuple[Dataset, bool]:
    """Rows with `key` and what is there already: `image` (then True), `bytes`, or nothing."""
    blocks = None if choices.blocks is None else choices.blocks * job.workers
    if keys is not None:
        rows = ray.data.from_items(
            [{"key": key} for key in keys], override_num_blocks=blocks and min(blocks, len(keys))
        )
        return _cut(rows, choices), False
    where: Any = [f"{job.bucket}/{key}" for key in job.shards] if choices.packed else f"{job.bucket}/{job.prefix}"
    has_pixels = choices.travels == "pixels" and not choices.packed
    options = {"filesystem": job.filesystem, "include_paths": True, "override_num_blocks": blocks}
    if has_pixels:
        rows = ray.data.read_images(where, mode="RGB", **options)
    else:
        rows = ray.data.read_binary_files(where, **options)
    rows = rows.map_batches(_keys(job), batch_size=PREPARED_AT_ONCE)
    return _cut(rows, choices), has_pixels


def _cut(rows: Dataset, choices: Choices) -> Dataset:
    return rows.repartition(target_num_rows_per_block=1) if choices.block_per_image else rows


def _keys(job: Job) -> Step:
    """`path` to `key`."""
    begin = len(job.bucket) + 1

    def step(batch: Batch) -> Batch:
        path = batch.pop("path")
        return {**batch, "key": [str(each)[begin:] for each in path]}

    return step


def _prepared(rows: Dataset, steps: list[Step], choices: Choices) -> Dataset:
    told = [_tell(choices), *steps] if choices.log_rows or choices.count_rows else steps
    if choices.stages == "two":
        return _mapped(rows, in_turn(told, choices), choices)
    for at, step in enumerate(told):
        # Ray Data makes one stage of two that ask for equal resources.
        rows = _mapped(rows, in_turn([step], choices), choices, num_cpus=0.5 + 0.01 * at)
    return rows


def _mapped(rows: Dataset, step: Step, choices: Choices, **resources: Any) -> Dataset:
    if choices.prepare_by == "row":
        if choices.packed:
            return rows.flat_map(
                lambda row: _rows_of(step({name: [value] for name, value in row.items()})), **resources
            )
        return rows.map(lambda row: _rows_of(step({name: [value] for name, value in row.items()}))[0], **resources)
    at_once = 1 if choices.packed else PREPARED_AT_ONCE
    return rows.map_batches(_framed(step, choices), batch_size=at_once, batch_format=choices.frame, **resources)


def _batch_of(row: dict[str, Any]) -> Batch:
    return {name: [value] for name, value in row.items()}


def _rows_of(batch: Batch) -> list[dict[str, Any]]:
    return [dict(zip(batch, values, strict=True)) for values in zip(*batch.values(), strict=True)]


def _framed(step: Step, choices: Choices) -> Callable[[Any], Any]:
    """For batches that are frames of pandas."""
    if choices.frame == "numpy":
        return step
    return lambda frame: pd.DataFrame({name: list(column) for name, column in step(_columns(frame)).items()})


def _columns(frame: pd.DataFrame) -> Batch:
    return {str(name): list(frame[name]) for name in frame}


def _tell(choices: Choices) -> Step:
    def step(batch: Batch) -> Batch:
        for key in batch["key"]:
            if choices.log_rows:
                print(f"classifying {key}", flush=True)
            if choices.count_rows:
                ray.get(ray.get_actor(COUNTER).add.remote())
        return batch

    return step


@ray.remote
class _Counter:
    def __init__(self) -> None:
        self._images = 0

    def add(self) -> int:
        self._images += 1
        return self._images


def _between(rows: Dataset, choices: Choices) -> Dataset:
    """What is done to tensors on their way."""
    if choices.count_first:
        rows.count()
    if choices.shuffle:
        rows = rows.random_shuffle(seed=1)
    return rows.materialize() if choices.materialize else rows


def _classified(
    rows: Dataset, driver: Any, job: Job, choices: Choices, description: bytes, prepare: Step | None
) -> Dataset:
    sizes = {"one": {"size": 1}, "growing": {"min_size": 1, "max_size": job.workers}, "all": {"size": job.workers}}
    options: dict[str, Any] = {"max_tasks_in_flight_per_actor": choices.in_flight}
    if choices.overlap:
        options |= {"max_concurrent_calls_per_actor": 2, "enable_true_multi_threading": True}
    compute = ActorPoolStrategy(**sizes[choices.workers], **options)
    arguments = {"job": job, "choices": choices, "model": _given(driver, job, choices), "prepare": prepare}
    at_once: int | None = choices.model_batch if prepare is None else PREPARED_AT_ONCE
    return rows.map_batches(
        _Worker,
        fn_constructor_kwargs={**arguments, "description": description},
        batch_size=1 if choices.packed and prepare is not None else at_once,
        batch_format=choices.frame,
        compute=compute,
        num_cpus=choices.worker_cpus,
        **({"runtime_env": {"env_vars": FEW_ARENAS}} if choices.few_arenas else {}),
    )


def _given(driver: Any, job: Job, choices: Choices) -> Any:
    """What a worker is given to get the model: its bytes, where they are in the object store, or nothing."""
    if choices.model_by == "bucket":
        return None
    model = get(driver, job, job.model)
    if choices.saved_graph:
        with tempfile.TemporaryDirectory() as folder:
            model = optimised(model, f"{folder}/model.onnx")
    return model if choices.model_by == "closure" else [ray.put(model)]


class _Worker:
    """One of the pool: it has the model."""

    def __init__(self, job: Job, choices: Choices, model: Any, prepare: Step | None, description: bytes) -> None:
        self._job, self._choices, self._given, self._description = job, choices, model, description
        self._prepare = prepare
        self._kept = self._load() if choices.session == "worker" else None

    def __call__(self, batch: Any) -> Any:
        columns = batch if self._choices.frame == "numpy" else _columns(batch)
        rows = self._all(columns)
        if self._choices.keep_pixels and "image" in columns:
            rows["image"] = columns["image"]
        if self._choices.arrow_rows:
            return pa.table(
                {"key": rows["key"], "label": rows["label"], "score": pa.array(rows["score"], pa.float64())}
            )
        made = {name: np.array(column, object) if name == "label" else column for name, column in rows.items()}
        return made if self._choices.frame == "numpy" else pd.DataFrame({name: list(made[name]) for name in made})

    def _all(self, batch: Batch) -> Batch:
        model = self._kept or self._load()
        if self._prepare is None:
            return model(batch)
        return model(self._prepare(batch))

    def _load(self) -> Model:
        model = self._given
        if model is None:
            model = get(new_client(self._job), self._job, self._job.model)
        elif isinstance(model, list):
            model = ray.get(model[0])
        return Model(model, self._description, self._choices)


def _write(rows: Dataset, job: Job, choices: Choices) -> None:
    if choices.sort:
        rows = rows.sort("key")
    if choices.keep_pixels:
        rows = rows.select_columns(["key", "label", "score"])
    if choices.collect:
        rows = ray.data.from_items(rows.take_all())
    if choices.files == "image":
        rows = rows.repartition(target_num_rows_per_block=1)
    options: dict[str, Any] = {"filesystem": job.filesystem, "ray_remote_args": {"num_cpus": 0.5}}
    if choices.files == "one":
        options["min_rows_per_file"] = 2**30
    where = f"{job.bucket}/{job.out}"
    if choices.output == "json":
        rows.write_json(where, **options)
    else:
        rows.write_parquet(where, compression="zstd" if choices.zstd else "snappy", **options)
