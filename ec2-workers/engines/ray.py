"""Ray Data: one row of a dataset is one batch. Our kernel fetches and decodes its images, not Ray."""

import os
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import ray
from fanfleet.batch import run_task, warm_up
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from engines.contract import Engine, main
from engines.ray_nodes import tasks_at_once

ASK_S = 30.0
"""How long a warm-up waits for the actors at most: they start on the head, which is busy with its engine too."""


@contextmanager
def opened() -> Iterator[Engine]:
    ray.init(address=os.environ["RAY_ADDRESS"], logging_level="warning")
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    # With it a dataset has no CPUs to plan with until it looks for them the second time, which is after a second: so
    # long it does one batch at a time, however many workers there are.
    context.op_resource_reservation_enabled = False
    # The actors that every dataset asks start on the head while workers boot: its one task waits for the first of them.
    _asking.start()
    yield run


def warm(_workers: int) -> None:
    """A process on each CPU of each node, with all modules; and the actors, which would start beside the first job."""
    started = [
        _start.options(scheduling_strategy=NodeAffinitySchedulingStrategy(node["NodeID"], soft=False)).remote()
        for node in ray.nodes()
        if node["Alive"]
        for _ in range(int(node["Resources"].get("CPU", 0)))
    ]
    ray.get(started)
    _asking.join(ASK_S)


def run(tasks: Sequence[str]) -> None:
    rows = ray.data.from_items([{"task": task} for task in tasks], override_num_blocks=len(tasks))
    compute = ray.data.TaskPoolStrategy(tasks_at_once(ray.nodes(), int(os.environ["FANFLEET_WORKERS"])))
    done = rows.map_batches(_run_batch, batch_size=1, num_cpus=1, compute=compute)
    items = [row["items"] for row in done.iter_rows()]
    print(f"engine: {sum(items)} items in {len(items)} batches", flush=True)


def _ask_actors() -> None:
    try:
        ray.data.from_items([{"task": ""}]).map_batches(_run_none, batch_size=1, num_cpus=1).materialize()
    except Exception as reason:  # Ray's own errors have no common base
        print(f"engine: the first job will start what every dataset asks: {reason!r}", flush=True)


@ray.remote(num_cpus=1, max_retries=0)
def _start() -> None:
    import ray.data  # noqa: F401

    warm_up()


def _run_none(rows: dict) -> dict:
    return {"items": [0 for _ in rows["task"]]}


def _run_batch(rows: dict) -> dict:
    return {"items": [run_task(str(task)) for task in rows["task"]]}


_asking = threading.Thread(target=_ask_actors, daemon=True)


if __name__ == "__main__":
    sys.exit(main(opened, warm=warm))
