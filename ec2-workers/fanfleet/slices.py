"""What one GET is to bring: an object, or neighbours in a tar shard."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

SLICE_BYTES = 8 * 2**20
"""Most bytes of a GET that brings several members of a tar."""

GAP_BYTES = 16 * 2**10
"""Most bytes between two members that are read together: headers, padding and captions, not another image."""


@dataclass(frozen=True, slots=True)
class Slice:
    key: str
    etag: str
    start: int | None
    """The first byte in the tar; None for an object of its own."""
    size: int
    objects: tuple[dict[str, Any], ...]


def cut_slices(
    objects: Iterable[dict[str, Any]], slice_bytes: int = SLICE_BYTES, gap_bytes: int = GAP_BYTES
) -> Iterator[Slice]:
    """Join objects of a manifest batch that follow each other in a tar, in the order of the batch."""
    run: list[dict[str, Any]] = []
    for item in objects:
        if run and not _joins(run, item, slice_bytes, gap_bytes):
            yield _slice(run)
            run = []
        run.append(item)
    if run:
        yield _slice(run)


def _joins(run: list[dict[str, Any]], item: dict[str, Any], slice_bytes: int, gap_bytes: int) -> bool:
    first, last = run[0], run[-1]
    if "shard" not in last or "shard" not in item:
        return False
    if (last["shard"]["key"], last["etag"]) != (item["shard"]["key"], item["etag"]):
        return False
    gap = item["shard"]["offset"] - _end(last)
    return 0 <= gap <= gap_bytes and _end(item) - first["shard"]["offset"] <= slice_bytes


def _slice(run: list[dict[str, Any]]) -> Slice:
    first, last = run[0], run[-1]
    if "shard" not in first:
        return Slice(first["key"], first["etag"], None, first["size"], (first,))
    start = first["shard"]["offset"]
    # There is no range of no bytes; an empty file is followed by the next header or the end of the tar.
    return Slice(first["shard"]["key"], first["etag"], start, max(1, _end(last) - start), tuple(run))


def _end(item: dict[str, Any]) -> int:
    return item["shard"]["offset"] + item["size"]
