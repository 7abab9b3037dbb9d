"""Ray Data: one row of a dataset is one batch. Our kernel fetches and decodes its images, not Ray."""

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import ray
from fanfleet.batch import run_task

from engines.contract import Engine, main


@contextmanager
def opened() -> Iterator[Engine]:
    ray.init(address=os.environ["RAY_ADDRESS"], logging_level="warning")
    ray.data.DataContext.get_current().enable_progress_bars = False
    yield run


def run(tasks: Sequence[str]) -> None:
    rows = ray.data.from_items([{"task": task} for task in tasks], override_num_blocks=len(tasks))
    done = rows.map_batches(_run_batch, batch_size=1, num_cpus=1)
    images = [row["images"] for row in done.iter_rows()]
    print(f"engine: {sum(images)} images in {len(images)} batches", flush=True)


def _run_batch(rows: dict) -> dict:
    return {"images": [run_task(str(task)) for task in rows["task"]]}


if __name__ == "__main__":
    sys.exit(main(opened))
