"""Do one batch: the unit of work of every engine, as a measure function is on the serverless arm."""

import json
import os
import time
from collections.abc import Callable
from functools import cache
from typing import Any

import fanfleet.import_clock
from fanfleet import large_buffers
from fanfleet.aws import client, split_uri
from fanfleet.batch_images import BatchDone, do_images, read_objects
from fanfleet.cpu_share import CpuShare
from fanfleet.inputs import Inputs
from fanfleet.kept_batches import KEPT, round_of
from fanfleet.kernels import Kernel, choose
from fanfleet.memory_peak import memory_peak_bytes
from fanfleet.process_clock import started_at_ms
from fanfleet.processor import own_processor
from fanfleet.server_clock import ServerClock
from fanfleet.task import Task, batch_file, batch_name
from fanfleet.workloads.runners import runner_of

large_buffers.give_back()
_ready_at_ms = time.time() * 1000
_started_at_ms = started_at_ms()
_import_ms = (time.perf_counter() - fanfleet.import_clock.BEGUN) * 1000
_is_first = True
_cpu = CpuShare()


def cold_start_ms(queued_at: float, started_at: float, ready_at: float, import_ms: float) -> float:
    """What a process took until it could work, for the first of its batches; all but the last in epoch milliseconds.

    A process that was there before its batches waited for them: only what it imported for them was a start. One that
    was warm had nothing left to do.
    """
    if ready_at <= queued_at:
        return 0.0
    return ready_at - started_at if started_at >= queued_at else import_ms


@cache
def _server_clock() -> ServerClock:
    """Of this process, which has one client of S3."""
    clock = ServerClock()
    clock.attach(client("s3"))
    return clock


def warm_up() -> None:
    """Have this process load and make what its first batch would: to import this module was the larger part."""
    choose()
    client("s3")
    _server_clock()


def run_task(text: str) -> int:
    """Do the task and return its number of items. Done again, the same keys get the same bytes."""
    return run_task_while(lambda: True, text)


def run_task_while(is_wanted: Callable[[], bool], text: str) -> int:
    """Likewise, and ask between images whether somebody waits for it. Raises Unwanted."""
    global _is_first
    is_first, _is_first = _is_first, False
    task = Task.from_json(text)
    cold_ms = cold_start_ms(task.queued_at, _started_at_ms, _ready_at_ms, _import_ms) if is_first else 0.0
    return run_batch(task, cold_ms, client("s3"), _server_clock(), is_wanted)["items"]


def run_batch(
    task: Task, cold_ms: float, s3: Any, server_clock: ServerClock, is_wanted: Callable[[], bool] = lambda: True
) -> dict[str, Any]:
    """Do a batch: write its files if any, then its rows, and then the span."""
    with _cpu.batch() as cpu_s:
        started_at = time.time()
        kernel = choose(task.kernel)
        # What is kept of an earlier run would be in the way of this one.
        KEPT.leave_others(round_of(task))
        done = (_do_map if task.stage is None else _do_stage)(s3, task, kernel, is_wanted)
        put_started = time.perf_counter()
        for file in done.files:
            kind = "application/json" if isinstance(file.body, str) else "application/octet-stream"
            _put(s3, task, batch_file(file.folder, task.batch), file.body, kind)
        _put(s3, task, f"results/{batch_name(task.batch)}.jsonl", "".join(done.lines), "application/x-ndjson")
        put_ms = done.write_ms + (time.perf_counter() - put_started) * 1000
        span = {
            "arm": "fleet",
            "round": task.round,
            **({} if task.stage is None else {"stage": task.stage["number"]}),
            "worker": f"{os.environ.get('FANFLEET_INSTANCE_ID', 'local')}/{os.getpid()}",
            "kernel": kernel.name,
            "processor": own_processor(),
            "batch": task.batch,
            "queuedAt": task.queued_at,
            "startedAt": started_at * 1000,
            "endedAt": time.time() * 1000,
            "coldStartMs": cold_ms,
            "listMs": done.list_ms,
            "getMs": done.get_ms,
            "decodeMs": done.decode_ms,
            "computeMs": done.compute_ms,
            "putMs": put_ms,
            "loadMs": done.load_ms,
            "processMs": done.decode_ms + done.compute_ms,
            "items": len(done.lines),
            "bytes": done.bytes,
            "outputBytes": done.output_bytes,
            "errors": done.errors,
            "droppedBits": done.dropped_bits,
            "left": done.left,
            "cpuMs": cpu_s() * 1000,
            "rssPeakBytes": memory_peak_bytes(),
            "billedMs": 0,
            **({} if done.gets is None else {"gets": done.gets}),
            **({} if done.model_batch is None else {"modelBatch": done.model_batch}),
            "clock": server_clock.offset(),
        }
        # Last, so that a span says that its results are there.
        _put(s3, task, f"spans/{batch_name(task.batch)}.json", json.dumps(span), "application/json")
        return span


def _do_map(s3: Any, task: Task, kernel: Kernel, is_wanted: Callable[[], bool]) -> BatchDone:
    """Read the batch from the manifest, and do its images by the runner of a workload that is a single map."""
    beginning = time.perf_counter()
    objects = read_objects(s3, task)
    runner = runner_of(task.workload)
    images = runner.begin(kernel, task.image_memory * 2**20, Inputs(s3, task.manifest))
    done = BatchDone(list_ms=(time.perf_counter() - beginning) * 1000)
    for row in do_images(s3, task, images, runner.file_format, objects, is_wanted, done):
        done.add(row)
    writing = time.perf_counter()
    done.files = images.batch_files(task.batch, len(done.lines) - done.errors)
    done.write_ms += (time.perf_counter() - writing) * 1000
    # Only those of a model have it.
    done.model_batch = getattr(images, "fitting", None)
    return done


def _do_stage(s3: Any, task: Task, kernel: Kernel, is_wanted: Callable[[], bool]) -> BatchDone:
    beginning = time.perf_counter()
    # Only now: it loads numpy, which most workloads do without.
    from fanfleet.staged_batch import do_stage

    return do_stage(s3, task, kernel, is_wanted, beginning)


def _put(s3: Any, task: Task, name: str, body: str | bytes, kind: str) -> None:
    bucket, prefix = split_uri(task.out)
    if isinstance(body, str):
        # Half a character, as a label may have, is in UTF-8 only as JSON.stringify writes it.
        body = body.encode(errors="backslashreplace")
    s3.put_object(Bucket=bucket, Key=prefix + name, Body=body, ContentType=kind)
