"""The images of one batch: fetched, done, and their files written, a row for each of them."""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from fanfleet.aws import split_uri
from fanfleet.fetch import BYTES_IN_FLIGHT, Fetched, fetch_groups
from fanfleet.image_memory import is_file_too_large
from fanfleet.manifest import parse_line
from fanfleet.normalised_file import content_type, file_name, is_key_too_long
from fanfleet.put_ahead import PutAhead
from fanfleet.row import failed_row, serialize_row
from fanfleet.task import Task
from fanfleet.workloads.runner import BatchFile, BatchRunner


class Unwanted(Exception):
    """Nobody waits for the batch any more."""


@dataclass(slots=True)
class BatchDone:
    """What was made of a batch, and what it took. `load_ms` and `write_ms` is time with nothing to decode."""

    lines: list[str] = field(default_factory=list)
    """The rows as text, in order."""
    errors: int = 0
    files: Sequence[BatchFile] = ()
    """Of the whole batch beside its rows."""
    gets: int | None = None
    """GETs of images; None where nobody counted them."""
    model_batch: int | None = None
    """Images that a model could have at a time, where memory did not suffice for as many as it was to have."""
    list_ms: float = 0.0
    get_ms: float = 0.0
    decode_ms: float = 0.0
    compute_ms: float = 0.0
    load_ms: float = 0.0
    write_ms: float = 0.0
    bytes: int = 0
    output_bytes: int = 0
    dropped_bits: int = 0
    left: Counter[str] = field(default_factory=Counter)
    """Images that the kernel left to another one, by the name of that."""

    def add(self, row: dict[str, Any]) -> None:
        self.errors += "error" in row
        self.lines.append(serialize_row(row) + "\n")


def read_objects(s3: Any, task: Task) -> list[dict[str, Any]]:
    """Those of the batch, by its place in the manifest."""
    bucket, key = split_uri(task.manifest)
    where = f"bytes={task.offset}-{task.offset + task.length - 1}"
    batch = parse_line(s3.get_object(Bucket=bucket, Key=key, Range=where)["Body"].read())
    if batch["batch"] != task.batch:
        raise ValueError(f"Expected batch {task.batch} at {where} of {task.manifest} but found {batch['batch']}.")
    return batch["objects"]


def require_wanted(task: Task, is_wanted: Callable[[], bool]) -> None:
    if not is_wanted():
        raise Unwanted(f"Nobody waits for batch {task.batch} any more.")


def do_images(
    s3: Any,
    task: Task,
    images: BatchRunner,
    file_format: str | None,
    objects: list[dict[str, Any]],
    is_wanted: Callable[[], bool],
    done: BatchDone,
) -> Iterator[dict[str, Any]]:
    """Fetch and do the images and, where each has a file, write it: their rows, in order.

    After the last one all files are there, and what it took has been added to `done`. Raises Unwanted.
    """
    started = time.perf_counter()
    codes = [_refusal(task, file_format, item) for item in objects]
    wanted = [item for item, code in zip(objects, codes, strict=True) if code is None]
    # Both beside the image that is decoded; with less memory less is held.
    ahead = min(BYTES_IN_FLIGHT, task.image_memory * 2**20 // 8)
    together = images.group_images
    fetching = fetch_groups(s3, task.bucket, wanted, ahead, together, requester_pays=task.requester_pays)
    with PutAhead(s3, task.out, ahead) as files:
        rows = _rows(images, file_format, fetching, files, done)
        for item, code in zip(objects, codes, strict=True):
            require_wanted(task, is_wanted)
            yield next(rows) if code is None else failed_row(item["key"], code)
    done.write_ms, done.output_bytes = files.waited_ms, files.bytes
    # Nothing is decoded beside this loop, so what it took beyond that was spent waiting for bytes.
    elapsed_ms = (time.perf_counter() - started) * 1000
    done.load_ms = max(0.0, elapsed_ms - done.decode_ms - done.compute_ms - done.write_ms)


def _refusal(task: Task, file_format: str | None, item: dict[str, Any]) -> str | None:
    """Why an object is an error without being asked for, if it is.

    Its file could have no key, the plan said so, or it is too large for any image in it.
    """
    if file_format and is_key_too_long(item["key"]):
        return "OUTPUT_KEY_TOO_LONG"
    too_large = is_file_too_large(item["size"], task.image_memory * 2**20)
    return item.get("refused", "TOO_MUCH_MEMORY" if too_large else None)


def _rows(
    images: BatchRunner, file_format: str | None, fetching: Iterator[list[Fetched]], files: PutAhead, done: BatchDone
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
