"""Dask: one future is one batch. What a slow worker has at the end is given to another one too.

Batches of a stage go first to the worker that did them in the stage before, since it keeps them in memory; one that has
nothing to do takes them from it (Dask's work stealing).
"""

import json
import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import islice
from urllib.parse import urlsplit

from fanfleet.clusters.without import without

from engines.contract import Engine, main

with without("numpy"):
    from distributed import Client, Future, as_completed, get_worker, wait

RETRIES = 10
"""Of a batch that failed. One whose worker was lost is done again in any case."""

PATIENCE = 3.0
"""How many times the usual time the last batches may take before each is begun once more: Spark's multiplier."""


class Keepers:
    """Which worker did each batch last, by its address: of one round of a run at a time, if it has stages."""

    def __init__(self) -> None:
        self._round: tuple[str, int] | None = None
        self._addresses: dict[int, str] = {}

    def begin(self, tasks: Sequence[str]) -> None:
        """The next tasks, all of one job."""
        task = json.loads(tasks[0])
        own = None if task["stage"] is None else (task["manifest"], task["round"])
        if own is None or own != self._round:
            self._addresses.clear()
        self._round = own

    def of(self, task: str) -> list[str] | None:
        """Whom to prefer; one may be gone since."""
        address = self._addresses.get(_batch_of(task))
        return None if address is None else [address]

    def note(self, task: str, address: str) -> None:
        if self._round is not None:
            self._addresses[_batch_of(task)] = address


def _batch_of(task: str) -> int:
    return json.loads(task)["batch"]


@contextmanager
def opened() -> Iterator[Engine]:
    with Client(os.environ["DASK_SCHEDULER_ADDRESS"]) as client:
        yield partial(run, client, Keepers())


def run(client: Client, keepers: Keepers, tasks: Sequence[str]) -> None:
    at_once = sum(client.nthreads().values())
    begun = time.monotonic()
    keepers.begin(tasks)
    futures = {_submit(client, task, keepers.of(task)): task for task in tasks}
    items = 0
    # Once no more are left than run at once, none waits for a worker.
    completed = as_completed(list(futures), with_results=True)
    for future, (done, address) in islice(completed, max(0, len(tasks) - at_once)):
        items += done
        # Dask would do it again if the worker were lost that keeps a result which somebody may still ask for.
        keepers.note(futures.pop(future), address)
    usual_s = (time.monotonic() - begun) * at_once / max(1, len(tasks) - len(futures))
    items += _finish(client, keepers, futures, usual_s * PATIENCE)
    print(f"engine: {items} items in {len(tasks)} batches", flush=True)


def _finish(client: Client, keepers: Keepers, running: dict[Future, str], patience_s: float) -> int:
    """Wait for one future of each task, for a second one too after `patience_s`; returns the items."""
    items: dict[str, int] = {}
    left = set(running.values())
    copy_at: float | None = time.monotonic() + patience_s
    while left:
        try:
            done = wait(list(running), timeout=0.5, return_when="FIRST_COMPLETED").done
        except TimeoutError:
            done = set()
        for future in done:
            task = running.pop(future)
            items[task], address = future.result()
            keepers.note(task, address)
            left.discard(task)
        if copy_at is not None and time.monotonic() > copy_at:
            copy_at = None
            running |= _submit_elsewhere(client, running)
    return sum(items.values())


def _submit_elsewhere(client: Client, running: dict[Future, str]) -> dict[Future, str]:
    """Submit each task once more, for another host than the one that has it: all of a slow host is slow."""
    hosts = {address: urlsplit(address).hostname for address in client.nthreads()}
    doing = client.processing()
    copies = {}
    for future, task in running.items():
        slow = {hosts.get(address) for address, keys in doing.items() if future.key in keys}
        others = [address for address, host in hosts.items() if host not in slow]
        copies[_submit(client, task, others or None)] = task
    return copies


def _submit(client: Client, task: str, workers: list[str] | None = None) -> Future:
    """`workers` are preferred: if all of them are lost, or another one has nothing to do, that does it."""
    return client.submit(
        _run_task, task, pure=False, retries=RETRIES, workers=workers, allow_other_workers=workers is not None
    )


def _run_task(task: str) -> tuple[int, str]:
    """The items, and the address of the worker that did them.

    A thread cannot be ended: it has to look itself whether its client is still there.
    """
    # Not where the tasks are only given out.
    from fanfleet.batch import run_task_while

    worker = get_worker()
    own = worker.state.tasks[worker.get_current_task()]
    return run_task_while(lambda: own.state == "executing", task), worker.address


if __name__ == "__main__":
    sys.exit(main(opened))
