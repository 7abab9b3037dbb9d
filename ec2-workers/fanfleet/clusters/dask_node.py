"""`python -m fanfleet.clusters.dask_node`: the processes of a host of Dask, each a worker of one thread.

`dask worker` starts a nanny, which starts each process anew: all of them import Dask, which takes longer than the rest
of a boot. Here one process imports all that batches need, while the scheduler starts, and forks the others. As a nanny
would, it puts another one in the place of one that has ended. It has no threads, so that it may fork at any time.
"""

import argparse
import asyncio
import ctypes
import gc
import os
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

from fanfleet.batch import warm_up
from fanfleet.clusters.processes import is_listening, wait_for_port
from fanfleet.clusters.without import without
from fanfleet.steps import StepFailed, say

with without("numpy"):
    from distributed import Status, Worker

TITLE = b"dask worker"
"""What the command line of a process that does batches begins with."""

DRAIN = signal.SIGUSR1
"""Has it leave the cluster once what is under way is done."""

CLOSE_S = 10.0
POLL_S = 0.1

PAUSE_S = 1.0
"""What dies at its start is started again no more often; and a scheduler that ends tells its workers before."""

START_S = 60.0
"""How long a process tries to reach a scheduler that was listening."""

_PR_SET_PDEATHSIG = 1


def main() -> int:
    """0 once all of its processes have left the cluster."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--scheduler", required=True)
    parser.add_argument("--address", required=True, help="of this host")
    parser.add_argument("--processes", type=int, required=True)
    parser.add_argument("--folder", required=True)
    parser.add_argument("--until", type=float, required=True, help="epoch seconds: how long the scheduler may take")
    options = parser.parse_args()
    warm_up()
    scheduler = urlsplit(options.scheduler)
    try:
        wait_for_port(str(scheduler.hostname), scheduler.port or 0, options.until)
    except StepFailed as reason:
        say(str(reason))
        return 1
    # What is here stays in memory that all of them share.
    gc.freeze()
    return _keep(options)


def _keep(options: argparse.Namespace) -> int:
    children: set[int] = set()
    is_ending = False

    def end(number: int, _: object) -> None:
        nonlocal is_ending
        is_ending = True
        for child in children:
            # One that has just been waited for is still among them.
            with suppress(ProcessLookupError):
                os.kill(child, number)

    ending = {signal.SIGTERM, signal.SIGINT, DRAIN}
    # None may be forked that `end` does not know of.
    signal.pthread_sigmask(signal.SIG_BLOCK, ending)
    for number in ending:
        signal.signal(number, end)
    children.update(_fork(options) for _ in range(options.processes))
    scheduler = urlsplit(options.scheduler)
    status = 0
    while children:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, ending)
        ended = dict([os.wait()])
        if not is_ending:
            time.sleep(PAUSE_S)
        is_there = not is_ending and is_listening(str(scheduler.hostname), scheduler.port or 0)
        signal.pthread_sigmask(signal.SIG_BLOCK, ending)
        ended |= _ended_meanwhile()
        children.difference_update(ended)
        for how in map(os.waitstatus_to_exitcode, ended.values()):
            if is_there and not is_ending:
                way = f"was ended by signal {-how}" if how < 0 else f"has ended with status {how}"
                say(f"a process that does batches {way}, and another one takes its place")
                children.add(_fork(options))
            elif how != 0:
                status = 1
    return status


def _ended_meanwhile() -> dict[int, int]:
    """Children that have ended and were not waited for yet, and how."""
    found = {}
    # There may be no children at all.
    with suppress(ChildProcessError):
        while (ended := os.waitpid(-1, os.WNOHANG))[0] != 0:
            found[ended[0]] = ended[1]
    return found


def _fork(options: argparse.Namespace) -> int:
    parent = os.getpid()
    child = os.fork()
    if child != 0:
        return child
    status = 1
    try:
        # It must not outlive the one that would put another in its place.
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() == parent:
            _name_this_process()
            status = asyncio.run(_work(options))
    except BaseException as reason:
        print(f"a process that does batches ends: {reason!r}", flush=True)
    finally:
        sys.stdout.flush()
        os._exit(status)


async def _work(options: argparse.Namespace) -> int:
    loop = asyncio.get_running_loop()
    told, drained = asyncio.Event(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told.set)
    loop.add_signal_handler(DRAIN, drained.set)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM, signal.SIGINT, DRAIN})
    worker = Worker(
        options.scheduler,
        nthreads=1,
        host=options.address,
        protocol="tls",
        local_directory=options.folder,
        # Near a limit of its own a worker takes no more for good: what it holds is not given back to the system.
        # Hosts that are out of memory are seen to by others (oom_watch.py).
        memory_limit=0,
        death_timeout=START_S,
        dashboard=False,
        # Without a dashboard it still listens for HTTP, on all interfaces if it is not told.
        dashboard_address=f"{options.address}:0",
    )
    await worker
    leaving = asyncio.create_task(told.wait())
    finished = asyncio.create_task(worker.finished())
    draining = asyncio.create_task(_drain(worker, drained))
    await asyncio.wait({leaving, finished, draining}, return_when=asyncio.FIRST_COMPLETED)
    if told.is_set():
        await worker.close(timeout=CLOSE_S, reason="told to end")
    elif draining.done():
        # Raises what kept it from leaving.
        draining.result()
    draining.cancel()
    return 0


async def _drain(worker: Worker, asked: asyncio.Event) -> None:
    """Take no more once it is asked for, finish what is under way, and say that this one leaves."""
    await asked.wait()
    worker.status = Status.closing_gracefully
    while worker.state.executing:
        await asyncio.sleep(POLL_S)
    # What `close_gracefully` does of a worker that has not begun to leave.
    names = {"workers": [worker.address], "close_workers": False, "remove": True, "stimulus_id": "drained"}
    await worker.scheduler.retire_workers(**names)
    await worker.close(reason="drained")


def _name_this_process() -> None:
    """Other words in the place of its command line, which it has from the process that it was forked from."""
    fields = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
    start, end = int(fields[45]), int(fields[46])
    ctypes.memmove(start, TITLE.ljust(end - start, b"\0"), end - start)


if __name__ == "__main__":
    sys.exit(main())
