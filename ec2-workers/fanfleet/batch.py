"""Do one batch: the unit of work of every engine, as a measure function is on the serverless arm."""

import json
import os
import resource
import time
from pathlib import Path
from typing import Any

from fanfleet.aws import client, split_uri
from fanfleet.fetch import fetch_in_order
from fanfleet.kernel import failed_row, measure, serialize_row
from fanfleet.manifest import parse_line
from fanfleet.task import Task, batch_name


def _process_age_ms() -> float:
    started_ticks = int(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19])
    uptime_s = float(Path("/proc/uptime").read_text().split()[0])
    return (uptime_s - started_ticks / os.sysconf("SC_CLK_TCK")) * 1000


# What the process took until it could work. The first batch of the process tells it.
_cold_start_ms = max(0.0, _process_age_ms())


def run_task(text: str) -> int:
    """Do the task and return its number of images. Done again, the same keys get the same bytes."""
    global _cold_start_ms
    cold_start_ms, _cold_start_ms = _cold_start_ms, 0.0
    return run_batch(Task.from_json(text), cold_start_ms, client("s3"))["images"]


def run_batch(task: Task, cold_start_ms: float, s3: Any) -> dict[str, Any]:
    """Read the batch from the manifest, measure its images, write the rows and then the span."""
    started_at, started_cpu = time.time(), time.process_time()
    batch = _read_batch(s3, task)
    list_ms = (time.time() - started_at) * 1000
    lines: list[str] = []
    get_ms = decode_ms = compute_ms = 0.0
    size = errors = 0
    loop_started = time.perf_counter()
    for fetched in fetch_in_order(s3, task.bucket, batch["objects"]):
        get_ms += fetched.get_ms
        if fetched.data is None:
            row = failed_row(fetched.key, str(fetched.error))
        else:
            size += len(fetched.data)
            measured = measure(fetched.data, fetched.key, task.operation)
            row = measured.row
            decode_ms += measured.decode_ms
            compute_ms += measured.compute_ms
            if measured.detail:
                print(f"{fetched.key!r}: {measured.detail}", flush=True)
        errors += "error" in row
        lines.append(serialize_row(row) + "\n")
    # One image is decoded at a time, so what the loop took beyond that was spent waiting for bytes.
    process_ms = decode_ms + compute_ms
    load_ms = max(0.0, (time.perf_counter() - loop_started) * 1000 - process_ms)
    put_started = time.perf_counter()
    _put(s3, task, f"results/{batch_name(task.batch)}.jsonl", "".join(lines), "application/x-ndjson")
    put_ms = (time.perf_counter() - put_started) * 1000
    span = {
        "arm": "fleet",
        "round": task.round,
        "worker": f"{os.environ.get('FANFLEET_INSTANCE_ID', 'local')}/{os.getpid()}",
        "batch": task.batch,
        "queuedAt": task.queued_at,
        "startedAt": started_at * 1000,
        "endedAt": time.time() * 1000,
        "coldStartMs": cold_start_ms,
        "listMs": list_ms,
        "getMs": get_ms,
        "decodeMs": decode_ms,
        "computeMs": compute_ms,
        "putMs": put_ms,
        "loadMs": load_ms,
        "processMs": process_ms,
        "images": len(lines),
        "bytes": size,
        "errors": errors,
        "cpuMs": (time.process_time() - started_cpu) * 1000,
        "rssPeakBytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        "billedMs": 0,
    }
    # Last, so that a span says that its results are there.
    _put(s3, task, f"spans/{batch_name(task.batch)}.json", json.dumps(span), "application/json")
    return span


def _read_batch(s3: Any, task: Task) -> dict[str, Any]:
    bucket, key = split_uri(task.manifest)
    where = f"bytes={task.offset}-{task.offset + task.length - 1}"
    batch = parse_line(s3.get_object(Bucket=bucket, Key=key, Range=where)["Body"].read())
    if batch["batch"] != task.batch:
        raise ValueError(f"Expected batch {task.batch} at {where} of {task.manifest} but found {batch['batch']}.")
    return batch


def _put(s3: Any, task: Task, name: str, text: str, kind: str) -> None:
    bucket, prefix = split_uri(task.out)
    s3.put_object(Bucket=bucket, Key=prefix + name, Body=text.encode(), ContentType=kind)
