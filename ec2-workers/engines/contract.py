"""What all engines have in common: their arguments, what is left to do, and the proof that it was done."""

import argparse
import json
import os
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from itertools import chain
from pathlib import Path
from typing import TextIO

from fanfleet import workloads
from fanfleet.aws import split_uri
from fanfleet.engine_run import CONNECT, WARM, WITHIN
from fanfleet.manifest import read_lines
from fanfleet.process_clock import started_at_ms
from fanfleet.quick_s3 import QuickS3
from fanfleet.steps import Steps
from fanfleet.task import Task, batch_numbers

Engine = Callable[[Sequence[str]], None]
"""Runs `fanfleet.batch.run_task` on each of the tasks, spread over all workers of the cluster."""

Opened = Callable[[], AbstractContextManager[Engine]]
"""Connects to the cluster, which takes seconds: once, for all jobs."""

DONE = "done"
"""The answer to a job, on standard output; what an engine prints goes to standard error."""


def do_nothing(workers: int) -> None:
    pass


def main(
    opened: Opened,
    jobs: Iterable[str] = sys.stdin,
    warm: Callable[[int], None] = do_nothing,
    begin: Callable[[], None] | None = None,
) -> int:
    """Do one job after the other, each a line with a JSON array of arguments, until there are no more.

    First it calls `begin`, which does what needs no cluster yet, or waits for it by itself. It connects when its first
    line comes, which is `"connect"` where there is no job yet: it is started beside its cluster. At the line
    `{"warm": 2, "within": 60}` (engine_run.py) it calls `warm` with the number of workers that are there, which starts
    on each what does batches, and has it import what it needs. If it fails, or takes longer than so many seconds, jobs
    do it themselves.

    Returns the exit status: 1 after a job of which a batch has no result. An engine that failed is not given another
    job, since nobody knows what state it is in: whoever started it starts it anew.
    """
    with _own_standard_output() as answers:
        steps = Steps(Path(os.environ.get("FANFLEET_STEPS", os.devnull)))
        steps.add_since("engine imports", started_at_ms())
        if begin is not None:
            beginning_at = time.time() * 1000
            begin()
            steps.add_since("engine begins", beginning_at)
        s3 = QuickS3()
        lines = iter(jobs)
        first = next(lines, None)
        if first is None:
            return 0
        with _connected(opened, steps) as engine:
            for line in chain([first], lines):
                arguments = json.loads(line)
                if arguments == CONNECT:
                    continue
                is_job = isinstance(arguments, list)
                if not is_job:
                    _warm(warm, arguments[WARM], arguments[WITHIN])
                elif not _do(s3, engine, _parser().parse_args(arguments)):
                    return 1
                print(DONE if is_job else WARM, file=answers, flush=True)
    return 0


def _warm(warm: Callable[[int], None], workers: int, within_s: float) -> None:
    """One sick worker must not keep the others waiting: what is not warm by then gets warm beside the first batches."""

    def guarded() -> None:
        try:
            warm(workers)
        except Exception as reason:  # of five libraries
            print(f"engine: the first batches will start what could not be started before: {reason!r}", flush=True)

    warming = threading.Thread(target=guarded, daemon=True)
    warming.start()
    warming.join(within_s)
    if warming.is_alive():
        print(f"engine: not all that batches need was started in {within_s:.0f} s", flush=True)


@contextmanager
def _connected(opened: Opened, steps: Steps) -> Iterator[Engine]:
    """An engine, after what it took to connect was noted as a step of its host."""
    connecting_at = time.time() * 1000
    with opened() as engine:
        steps.add_since("engine connects", connecting_at)
        yield engine


@contextmanager
def _own_standard_output() -> Iterator[TextIO]:
    """Standard output for answers alone: libraries print what they like, also from C."""
    sys.stdout.flush()
    answers = os.dup(1)
    os.dup2(2, 1)
    with open(answers, "w", closefd=True) as stream:
        yield stream


def _do(s3: QuickS3, engine: Engine, options: argparse.Namespace) -> bool:
    """Whether every batch of the manifest is done now."""
    tasks = pending_tasks(s3, options)
    print(f"engine: {len(tasks)} batches to do", flush=True)
    if not tasks:
        return True
    engine([task.to_json() for task in tasks])
    done = done_batches(s3, options.out, options.workload["name"])
    missing = [task.batch for task in tasks if task.batch not in done]
    if missing:
        print(f"engine: {len(missing)} batches have no result, the first is {missing[0]}", flush=True)
    return not missing


def pending_tasks(s3: QuickS3, options: argparse.Namespace) -> list[Task]:
    """The batches of the manifest that are not done, in order."""
    done = done_batches(s3, options.out, options.workload["name"])
    bucket, key = split_uri(options.manifest)
    chunks = s3.chunks(bucket, key)
    queued_at = time.time() * 1000
    return [
        Task(
            options.manifest,
            options.out,
            options.bucket,
            options.workload,
            options.image_memory,
            options.round,
            line.batch,
            line.offset,
            line.length,
            queued_at,
            options.requester_pays,
            options.kernel,
            options.stage,
        )
        for line in read_lines(chunks)
        if line.batch not in done
    ]


def done_batches(s3: QuickS3, out: str, workload: str) -> set[int]:
    """Those that have their result, their span and all other files of their workload."""
    folders = ("results", "spans", *workloads.BATCH_FOLDERS.get(workload, ()))
    bucket, prefix = split_uri(out)

    def numbers(folder: str) -> set[int]:
        return batch_numbers(s3.list_keys(bucket, f"{prefix}{folder}/"))

    with ThreadPoolExecutor(len(folders)) as pool:
        return set.intersection(*pool.map(numbers, folders))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser()
    parser.add_argument("--manifest", required=True, help="s3:// address of the manifest")
    parser.add_argument("--out", required=True, help="s3:// address of the arm's or the stage's folder, with a slash")
    parser.add_argument("--workload", required=True, type=json.loads, help="JSON: its name and its params")
    parser.add_argument("--kernel", choices=("auto", "native", "portable"), default="auto")
    parser.add_argument(
        "--image-memory",
        type=int,
        default=os.environ.get("FANFLEET_IMAGE_MEMORY", "1024"),
        help="most MiB that one image may take",
    )
    parser.add_argument("--bucket", default=os.environ.get("FANFLEET_DATA_BUCKET"), help="bucket of the images")
    parser.add_argument("--requester-pays", type=json.loads, default=False, help="true where that bucket wants it")
    parser.add_argument("--stage", type=json.loads, default=None, help="JSON: its number and the place of its state")
    parser.add_argument("--round", type=int, default=int(os.environ.get("FANFLEET_ROUND", "0")))
    return parser
