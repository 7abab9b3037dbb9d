"""fanfleet's own workers on Ray Data, as a fleet with the engine `ray` has them, beside the pipelines."""

import hashlib
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from engines import ray as engine
from fanfleet.manifest import read_lines
from fanfleet.task import Task

from pipelines import ray_data
from pipelines.choices import Choices
from pipelines.store import Job, get, list_objects, new_client

BATCHES_PER_WORKER = 4
IMAGE_MEMORY_MIB = 512


@contextmanager
def opened(workers: int) -> Iterator[Callable[[], int]]:
    """The same Ray that the pipelines on Ray Data have."""
    os.environ["FANFLEET_WORKERS"] = str(workers)
    with ray_data.opened(workers) as store_bytes:
        yield store_bytes


def run(job: Job, choices: Choices) -> None:
    """Classify all images of the job, and write their rows. Of the choices it follows the size of the model's batch.

    Making the manifest and the inputs is part of it, as listing is part of the others.
    """
    driver = new_client(job)
    manifest = _manifest(list_objects(driver, job, job.prefix), job)
    _put(driver, job, "manifest.json", manifest)
    inputs = {}
    for name, key in (("model", job.model), ("classifier", job.description)):
        data = get(driver, job, key)
        inputs[name] = {"key": key, "sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
    _put(driver, job, "inputs.json", json.dumps(inputs).encode())
    task = {
        "manifest": f"s3://{job.bucket}/{job.out}manifest.json",
        "out": f"s3://{job.bucket}/{job.out}",
        "bucket": job.bucket,
        "workload": {"name": "classify", "params": {"top": 5, "modelBatch": choices.model_batch}},
        **{"image_memory": IMAGE_MEMORY_MIB, "round": 1, "queued_at": time.time() * 1000},
    }
    lines = list(read_lines([manifest]))
    with ray_data.settings(Choices(progress=False, reservation=False)):
        engine.run([Task(**task, batch=line.batch, offset=line.offset, length=line.length).to_json() for line in lines])


def _manifest(objects: list[dict[str, Any]], job: Job) -> bytes:
    count = min(len(objects), BATCHES_PER_WORKER * job.workers)
    batches = []
    for at in range(count):
        members = objects[at * len(objects) // count : (at + 1) * len(objects) // count]
        said = [{"key": one["Key"], "size": one["Size"], "etag": one["ETag"].strip('"')} for one in members]
        batches.append(json.dumps({"batch": at, "bytes": sum(one["size"] for one in said), "objects": said}))
    return ("[" + ",\n".join(batches) + "]").encode()


def _put(driver: Any, job: Job, name: str, data: bytes) -> None:
    driver.put_object(Bucket=job.bucket, Key=job.out + name, Body=data)
