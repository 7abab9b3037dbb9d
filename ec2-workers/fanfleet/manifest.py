"""The manifest is one JSON array with a batch per line, so that it can be read a line at a time."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class BatchLine:
    """Where a batch stands in the manifest, in bytes: the head passes this on instead of the batch."""

    batch: int
    bytes: int
    offset: int
    length: int


def read_lines(chunks: Iterable[bytes]) -> Iterator[BatchLine]:
    """Find the batches of a manifest. It holds one line, however long the manifest is."""
    offset = 0
    rest = b""
    for chunk in chunks:
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            yield from _locate(line, offset)
            offset += len(line) + 1
    yield from _locate(rest, offset)


def parse_line(line: bytes) -> dict[str, Any]:
    """The batch `{"batch", "bytes", "objects"}` of a line, less what makes it part of an array."""
    return json.loads(line[_start(line) : _end(line)])


def _locate(line: bytes, offset: int) -> Iterator[BatchLine]:
    start, end = _start(line), _end(line)
    if start < end:
        batch = json.loads(line[start:end])
        yield BatchLine(batch["batch"], batch["bytes"], offset + start, end - start)


def _start(line: bytes) -> int:
    return len(line) - len(line.lstrip(b"[, \t\r"))


def _end(line: bytes) -> int:
    return len(line.rstrip(b"], \t\r"))
