"""What a contender has to do, as bench/job.ts says it, and the images that it does it with."""

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Result = list[int] | bytes
"""Of an image: the sum of R, G and B, their minima and their maxima; or the file that was written of it."""

Pass = Callable[[], Sequence[Result]]
"""Does all images once. The results are in the order of the names."""


@dataclass(frozen=True, slots=True)
class Store:
    """An S3 server."""

    endpoint: str
    region: str
    bucket: str
    access_key: str
    secret_key: str
    loose_prefix: str
    """What stands before the name of an image in its key."""
    shards: list[str]
    """Keys of the tar files that hold the images, in their order."""


@dataclass(frozen=True, slots=True)
class Job:
    folder: Path
    source: str
    """`memory`, `files`, `loose` or `shards`."""
    task: str
    """`statistics`, `jpeg`, `png`, or that of another bench."""
    threads: int
    store: Store | None

    @staticmethod
    def from_json(text: str) -> "Job":
        values: dict[str, Any] = json.loads(text)
        store = values["store"]
        if store is not None:
            store = Store(
                store["endpoint"],
                store["region"],
                store["bucket"],
                store["accessKey"],
                store["secretKey"],
                store["loosePrefix"],
                store["shards"],
            )
        return Job(Path(values["folder"]), values["source"], values["task"], values["threads"], store)

    def names(self) -> list[str]:
        """The files of the set; over S3 they are the keys."""
        return sorted(os.listdir(self.folder))

    def paths(self) -> list[str]:
        return [str(self.folder / name) for name in self.names()]

    def load(self) -> list[bytes]:
        """All files, for a contender that works from memory."""
        return [(self.folder / name).read_bytes() for name in self.names()]

    def s3(self) -> Store:
        if self.store is None:
            raise ValueError(f"Expected a store for the source {self.source} but got none.")
        return self.store
