"""What all engines have in common: their arguments, what is left to do, and the proof that it was done."""

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import PurePosixPath
from typing import Any

from fanfleet.aws import client, list_keys, split_uri
from fanfleet.manifest import read_lines
from fanfleet.task import Task

Engine = Callable[[Sequence[str]], None]
"""Runs `fanfleet.batch.run_task` on each of the tasks, spread over all workers of the cluster."""


def main(engine: Engine, arguments: Sequence[str] | None = None) -> int:
    """Exit status of an engine: 0 once every batch of the manifest has its result and its span, else 1."""
    options = _parser().parse_args(arguments)
    s3 = client("s3")
    tasks = pending_tasks(s3, options)
    print(f"engine: {len(tasks)} batches to do", flush=True)
    if tasks:
        engine([task.to_json() for task in tasks])
        missing = pending_tasks(s3, options)
        if missing:
            print(
                f"engine: {len(missing)} batches have no result, the first is {missing[0].batch}",
                file=sys.stderr,
            )
            return 1
    return 0


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
