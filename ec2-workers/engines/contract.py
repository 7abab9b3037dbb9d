"""What all engines have in common: their arguments, what is left to do, and the proof that it was done."""

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import PurePosixPath
from typing import Any, TextIO

from fanfleet.aws import client, list_keys, split_uri
from fanfleet.manifest import read_lines
from fanfleet.task import Task

Engine = Callable[[Sequence[str]], None]
"""Runs `fanfleet.batch.run_task` on each of the tasks, spread over all workers of the cluster."""

Opened = Callable[[], AbstractContextManager[Engine]]
"""Connects to the cluster, which takes seconds: once, for all jobs."""

DONE = "done"
"""The answer to a job, on standard output; what an engine prints goes to standard error."""


def main(opened: Opened, jobs: Iterable[str] = sys.stdin) -> int:
    """Do one job after the other, each a line with a JSON array of arguments, until there are no more.

    Returns the exit status: 1 after a job of which a batch has no result. An engine that failed is not given another
    job, since nobody knows what state it is in: whoever started it starts it anew.
    """
    with _own_standard_output() as answers, opened() as engine:
        for line in jobs:
            if not _do(engine, _parser().parse_args(json.loads(line))):
                return 1
            print(DONE, file=answers, flush=True)
    return 0


@contextmanager
def _own_standard_output() -> Iterator[TextIO]:
    """Standard output for answers alone: libraries print what they like, also from C."""
    sys.stdout.flush()
    answers = os.dup(1)
    os.dup2(2, 1)
    with open(answers, "w", closefd=True) as stream:
        yield stream


def _do(engine: Engine, options: argparse.Namespace) -> bool:
    """Whether every batch of the manifest has its result and its span now."""
    s3 = client("s3")
    tasks = pending_tasks(s3, options)
    print(f"engine: {len(tasks)} batches to do", flush=True)
    if not tasks:
        return True
    engine([task.to_json() for task in tasks])
    missing = pending_tasks(s3, options)
    if missing:
        print(f"engine: {len(missing)} batches have no result, the first is {missing[0].batch}", flush=True)
    return not missing


def pending_tasks(s3: Any, options: argparse.Namespace) -> list[Task]:
    """The batches of the manifest that lack their result or their span, in order."""
    done = done_batches(s3, options.out)
    bucket, key = split_uri(options.manifest)
    body = s3.get_object(Bucket=bucket, Key=key)["Body"]
    queued_at = time.time() * 1000
    return [
        Task(
            options.manifest,
            options.out,
            options.bucket,
            options.operation,
            options.normalisation,
            options.image_memory,
            options.round,
            line.batch,
            line.offset,
            line.length,
            queued_at,
            options.requester_pays,
            options.kernel,
            options.depth,
        )
        for line in read_lines(body.iter_chunks(1 << 20))
        if line.batch not in done
    ]


def done_batches(s3: Any, out: str) -> set[int]:
    bucket, prefix = split_uri(out)
    numbers = [
        {int(PurePosixPath(key).stem) for key in list_keys(s3, bucket, f"{prefix}{folder}/")}
        for folder in ("results", "spans")
    ]
    return numbers[0] & numbers[1]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser()
    parser.add_argument("--manifest", required=True, help="s3:// address of the manifest")
    parser.add_argument("--out", required=True, help="s3:// address of the arm's folder, with a slash at its end")
    parser.add_argument("--operation", required=True)
    parser.add_argument("--normalisation", type=json.loads, help="JSON: how images are normalised, if they are")
    parser.add_argument("--depth", choices=("8", "native"), default="8", help="bits of images of 16 in their rows")
    parser.add_argument("--kernel", choices=("auto", "native", "portable"), default="auto")
    parser.add_argument(
        "--image-memory",
        type=int,
        default=os.environ.get("FANFLEET_IMAGE_MEMORY", "1024"),
        help="most MiB that one image may take",
    )
    parser.add_argument("--bucket", default=os.environ.get("FANFLEET_DATA_BUCKET"), help="bucket of the images")
    parser.add_argument("--requester-pays", type=json.loads, default=False, help="true where that bucket wants it")
    parser.add_argument("--round", type=int, default=int(os.environ.get("FANFLEET_ROUND", "0")))
    return parser
