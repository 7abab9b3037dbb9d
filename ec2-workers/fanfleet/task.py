"""One task of an engine: a batch, by its place in the manifest. All engines hand out the same tasks."""

import json
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Task:
    manifest: str
    """s3:// address of the manifest."""
    out: str
    """s3:// address of the arm's folder, which ends in a slash."""
    bucket: str
    """Where the images are."""
    workload: dict[str, Any]
    """What is done with the images, as `Workload` in src/contract/workload.ts: its name and its params."""
    image_memory: int
    """Most MiB that one image may take: of the run, so that both arms refuse the same images."""
    round: int
    batch: int
    offset: int
    length: int
    queued_at: float
    """Epoch milliseconds."""
    requester_pays: bool = False
    """Whether requests to the bucket of the images say so."""
    kernel: str = "auto"
    """What is to measure them, one of `WANTED` in kernels.py: the same in both arms."""
    stage: dict[str, Any] | None = None
    """As `Stage` in src/contract/stage.ts, of a workload that has several; then `out` is the folder of the stage."""

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @staticmethod
    def from_json(text: str) -> "Task":
        return Task(**json.loads(text))


def batch_name(batch: int) -> str:
    """As `batchName` in src/contract/layout.ts."""
    return f"{batch:09d}"


_BATCH_FILE_SUFFIXES = {"embeddings": ".f32"}
"""What names of files of a batch end in that are no JSON, by their folder."""


def batch_file(folder: str, batch: int) -> str:
    """The name of a file of a whole batch beside its rows, in the folder of the arm: as in src/contract/layout.ts."""
    return f"{folder}/{batch_name(batch)}{_BATCH_FILE_SUFFIXES.get(folder, '.json')}"


_FILE_OF_BATCH = re.compile(r"(?:^|/)([0-9]{6,})\.(?:jsonl?|f32)$")


def batch_numbers(keys: Iterable[str]) -> set[int]:
    """The batches whose files these are; other files that lie among them are left out, as functions leave them out."""
    return {int(found[1]) for found in map(_FILE_OF_BATCH.search, keys) if found}
