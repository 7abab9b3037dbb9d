"""Do one batch: the unit of work of every engine, as a measure function is on the serverless arm."""

import json
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import fanfleet.import_clock
from fanfleet import large_buffers
from fanfleet.aws import client, split_uri
from fanfleet.cpu_share import CpuShare
from fanfleet.fetch import BYTES_IN_FLIGHT, Fetched, fetch_groups
from fanfleet.image_memory import is_file_too_large
from fanfleet.inputs import Inputs
from fanfleet.kernels import choose
from fanfleet.manifest import parse_line
from fanfleet.memory_peak import memory_peak_bytes
from fanfleet.normalised_file import content_type, file_name, is_key_too_long
from fanfleet.process_clock import started_at_ms
from fanfleet.put_ahead import PutAhead
from fanfleet.row import failed_row, serialize_row
from fanfleet.server_clock import ServerClock
from fanfleet.task import Task, batch_name
from fanfleet.workloads.runner import BatchRunner
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


class Unwanted(Exception):
    """Nobody waits for the batch any more."""


def warm_up() -> None:
    """Have this process load and make what its first batch would: to import this module was the larger part."""
    choose()
    client("s3")
    _server_clock()


def run_task(text: str) -> int:
    """Do the task and return its number of images. Done again, the same keys get the same bytes."""
    return run_task_while(lambda: True, text)


def run_task_while(is_wanted: Callable[[], bool], text: str) -> int:
    """Likewise, and ask between images whether somebody waits for it. Raises Unwanted."""
    global _is_first
    is_first, _is_first = _is_first, False
    task = Task.from_json(text)
    cold_ms = cold_start_ms(task.queued_at, _started_at_ms, _ready_at_ms, _import_ms) if is_first else 0.0
    return run_batch(task, cold_ms, client("s3"), _server_clock(), is_wanted)["images"]


def run_batch(
    task: Task, cold_ms: float, s3: Any, server_clock: ServerClock, is_wanted: Callable[[], bool] = lambda: True
) -> dict[str, Any]:
    """Read the batch from the manifest, do its images, write its files if any, the rows and then the span."""
    with _cpu.batch() as cpu_s:
        started_at = time.time()
        batch = _read_batch(s3, task)
        list_ms = (time.time() - started_at) * 1000
        kernel = choose(task.kernel)
        beginning = time.perf_counter()
        runner = runner_of(task.workload)
        images = runner.begin(kernel, task.image_memory * 2**20, Inputs(s3, task.manifest))
        list_ms += (time.perf_counter() - beginning) * 1000
        done = _do_images(s3, task, images, runner.file_format, batch["objects"], is_wanted)
        put_started = time.perf_counter()
        for file in images.batch_files(task.batch, len(done.lines) - done.errors):
            _put(s3, task, f"{file.folder}/{batch_name(task.batch)}.json", file.text, "application/json")
        _put(s3, task, f"results/{batch_name(task.batch)}.jsonl", "".join(done.lines), "application/x-ndjson")
        put_ms = done.write_ms + (time.perf_counter() - put_started) * 1000
        span = {
            "arm": "fleet",
            "round": task.round,
            "worker": f"{os.environ.get('FANFLEET_INSTANCE_ID', 'local')}/{os.getpid()}",
            "kernel": kernel.name,
            "batch": task.batch,
            "queuedAt": task.queued_at,
            "startedAt": started_at * 1000,
            "endedAt": time.time() * 1000,
            "coldStartMs": cold_ms,
            "listMs": list_ms,
            "getMs": done.get_ms,
            "decodeMs": done.decode_ms,
            "computeMs": done.compute_ms,
            "putMs": put_ms,
            "loadMs": done.load_ms,
            "processMs": done.decode_ms + done.compute_ms,
            "images": len(done.lines),
            "bytes": done.bytes,
            "outputBytes": done.output_bytes,
            "errors": done.errors,
            "droppedBits": done.dropped_bits,
            "left": done.left,
            "cpuMs": cpu_s() * 1000,
            "rssPeakBytes": memory_peak_bytes(),
            "billedMs": 0,
            "clock": server_clock.offset(),
        }
        # Last, so that a span says that its results are there.
        _put(s3, task, f"spans/{batch_name(task.batch)}.json", json.dumps(span), "application/json")
        return span


@dataclass(slots=True)
class _Done:
    """The rows of a batch, and what they took.

    `load_ms` and `write_ms` is time with nothing to decode.
    """

    lines: list[str] = field(default_factory=list)
    get_ms: float = 0.0
    decode_ms: float = 0.0
    compute_ms: float = 0.0
    load_ms: float = 0.0
    write_ms: float = 0.0
    bytes: int = 0
    output_bytes: int = 0
    errors: int = 0
    dropped_bits: int = 0
    left: Counter[str] = field(default_factory=Counter)
    """Images that the kernel left to another one, by the name of that."""


def _do_images(
    s3: Any,
    task: Task,
    images: BatchRunner,
    file_format: str | None,
    objects: list[dict[str, Any]],
    is_wanted: Callable[[], bool],
) -> _Done:
    """Fetch and do the images and, where each has a file, write it; all files are there when it returns."""
    done = _Done()
    started = time.perf_counter()
    codes = [_refusal(task, file_format, item) for item in objects]
    wanted = [item for item, code in zip(objects, codes, strict=True) if code is None]
    # Both beside the image that is decoded; with less memory less is held.
    ahead = min(BYTES_IN_FLIGHT, task.image_memory * 2**20 // 8)
    fetching = fetch_groups(s3, task.bucket, wanted, ahead, requester_pays=task.requester_pays)
    with PutAhead(s3, task.out, ahead) as files:
        rows = _rows(images, file_format, fetching, files, done)
        for item, code in zip(objects, codes, strict=True):
            if not is_wanted():
                raise Unwanted(f"Nobody waits for batch {task.batch} any more.")
            row = next(rows) if code is None else failed_row(item["key"], code)
            done.errors += "error" in row
            done.lines.append(serialize_row(row) + "\n")
    done.write_ms, done.output_bytes = files.waited_ms, files.bytes
    # Nothing is decoded beside this loop, so what it took beyond that was spent waiting for bytes.
    elapsed_ms = (time.perf_counter() - started) * 1000
    done.load_ms = max(0.0, elapsed_ms - done.decode_ms - done.compute_ms - done.write_ms)
    return done


def _refusal(task: Task, file_format: str | None, item: dict[str, Any]) -> str | None:
    """Why an object is an error without being asked for, if it is.

    Its file could have no key, the plan said so, or it is too large for any image in it.
    """
    if file_format and is_key_too_long(item["key"]):
        return "OUTPUT_KEY_TOO_LONG"
    too_large = is_file_too_large(item["size"], task.image_memory * 2**20)
    return item.get("refused", "TOO_MUCH_MEMORY" if too_large else None)


def _rows(
    images: BatchRunner, file_format: str | None, fetching: Iterator[list[Fetched]], files: PutAhead, done: _Done
) -> Iterator[dict[str, Any]]:
    """The rows of what is fetched, in its order. Where images have files, these are on their way then."""
    for group in fetching:
        measured = iter(images.run([(each.key, each.data) for each in group if each.data is not None]))
        for fetched in group:
            done.get_ms += fetched.get_ms
            if fetched.data is None:
                yield failed_row(fetched.key, str(fetched.error))
                continue
            done.bytes += len(fetched.data)
            image = next(measured)
            done.dropped_bits += image.dropped_bits
            if image.left_to is not None:
                done.left[image.left_to] += 1
            done.decode_ms += image.decode_ms
            done.compute_ms += image.compute_ms
            if image.detail:
                print(f"{fetched.key!r}: {image.detail}", flush=True)
            if file_format and image.file is not None:
                files.put(file_name(fetched.key, file_format), image.file, content_type(file_format))
            yield image.row


def _read_batch(s3: Any, task: Task) -> dict[str, Any]:
    bucket, key = split_uri(task.manifest)
    where = f"bytes={task.offset}-{task.offset + task.length - 1}"
    batch = parse_line(s3.get_object(Bucket=bucket, Key=key, Range=where)["Body"].read())
    if batch["batch"] != task.batch:
        raise ValueError(f"Expected batch {task.batch} at {where} of {task.manifest} but found {batch['batch']}.")
    return batch


def _put(s3: Any, task: Task, name: str, text: str, kind: str) -> None:
    bucket, prefix = split_uri(task.out)
    # Half a character, as a label may have, is in UTF-8 only as JSON.stringify writes it.
    body = text.encode(errors="backslashreplace")
    s3.put_object(Bucket=bucket, Key=prefix + name, Body=body, ContentType=kind)
