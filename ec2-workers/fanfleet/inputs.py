"""Files that every worker of a run needs, which were prepared before its arms started: `inputs.json` has their places.

The states of stages are such files, too: each is prepared by the stage before, and comes with its place. A process
fetches a file once. What was made of it is kept by the hash of the file, so that the next run of a fleet that stays
finds it there; once that run needs another one, what only runs before it needed goes: `prepare` reckons with the files
of one run (src/prepare/expect-room.ts).
"""

import hashlib
import json
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from fanfleet.aws import split_uri
from fanfleet.fetch import BODY_TRIES, read_whole

MOST_STATE_BYTES = 32 * 2**20
"""Of all states of which a process keeps what was made: that of the stage, and some before it, for what is late."""

MOST_RUNS = 16
"""So many runs' places of files are known at once."""


class InputDamaged(Exception):
    """A file is not what was prepared."""

    def __str__(self) -> str:
        # As functions say it (src/errors.ts).
        return f"[INPUT_DAMAGED] {super().__str__()}"


@dataclass
class _Made:
    thing: Any
    size: int
    """Bytes of its file."""
    run: str
    """The `inputs.json` of the run that asked for it last."""


class InputStore:
    """What a process has made of the files. Safe to share between threads: one makes it, and the others wait for it."""

    def __init__(self, most_bytes: int = MOST_STATE_BYTES) -> None:
        """`most_bytes` bounds the files of `get_file`; the last one that was asked for is kept whatever it has."""
        self._most_bytes = most_bytes
        self._lock = threading.Lock()
        self._runs: OrderedDict[str, dict[str, Any]] = OrderedDict()
        self._made: OrderedDict[tuple[str, str], _Made] = OrderedDict()

    def get(self, s3: Any, address: str, name: str, form: str, make: Callable[[bytes], Any]) -> Any:
        """As `Inputs.get`, of the run with the `inputs.json` at this address."""
        with self._lock:
            place = self._places(s3, address)[name]
            known = (place["sha256"], form)
            if known not in self._made:
                # What has to go goes first: never are both in memory.
                self._leave_only(address)
                thing = make(fetch_file(s3, split_uri(address)[0], place))
                self._made[known] = _Made(thing, place["bytes"], address)
            self._made[known].run = address
            return self._made[known].thing

    def get_file(self, s3: Any, bucket: str, place: dict[str, Any], form: str, make: Callable[[bytes], Any]) -> Any:
        """Likewise, of a file whose place is known: as `InputFile` in src/contract/inputs.ts."""
        known = (place["sha256"], form)
        with self._lock:
            if known not in self._made:
                self._leave_room(place["bytes"])
                self._made[known] = _Made(make(fetch_file(s3, bucket, place)), place["bytes"], "")
            self._made.move_to_end(known)
            return self._made[known].thing

    def _leave_only(self, address: str) -> None:
        for known in [known for known, made in self._made.items() if made.run != address]:
            del self._made[known]

    def _leave_room(self, size: int) -> None:
        while self._made and sum(made.size for made in self._made.values()) + size > self._most_bytes:
            self._made.popitem(last=False)

    def _places(self, s3: Any, address: str) -> dict[str, Any]:
        if address not in self._runs:
            bucket, key = split_uri(address)
            self._runs[address] = json.loads(read_whole(s3, bucket, key))
        self._runs.move_to_end(address)
        while len(self._runs) > MOST_RUNS:
            self._runs.popitem(last=False)
        return self._runs[address]


STORE = InputStore()
"""That of this process."""

STATES = InputStore()
"""Likewise, for states: as many as a run may have stages, so they would push out what is needed again."""


class Inputs:
    """The files of one run. Nothing is fetched before it is asked for."""

    def __init__(self, s3: Any, manifest: str, store: InputStore | None = None) -> None:
        """`manifest` is the s3:// address of the run's manifest, beside which its `inputs.json` lies.

        `store` is that of the process unless it is given.
        """
        self._s3 = s3
        self._address = f"{manifest.rpartition('/')[0]}/inputs.json"
        self._store = store or STORE

    def get(self, name: str, form: str, make: Callable[[bytes], Any]) -> Any:
        """What `make` gives for the bytes of a file, or gave for the same bytes and form before.

        `form` says which of several things it makes of them; whoever gets it must not change it. Raises KeyError for a
        file that the run has not, InputDamaged, what S3 says, and what `make` raises.
        """
        return self._store.get(self._s3, self._address, name, form, make)


class StageState:
    """What one stage is to know: its number, and a file."""

    def __init__(self, s3: Any, bucket: str, stage: dict[str, Any], store: InputStore | None = None) -> None:
        """`stage` is as `Stage` in src/contract/stage.ts, and its file is in this bucket.

        `store` is that of the process unless it is given.
        """
        self._s3, self._bucket, self._place = s3, bucket, stage["state"]
        self._store = store or STATES
        self.number: int = stage["number"]
        """From 0."""

    def get(self, form: str, make: Callable[[bytes], Any]) -> Any:
        """As that of `Inputs`."""
        return self._store.get_file(self._s3, self._bucket, self._place, form, make)


def fetch_file(s3: Any, bucket: str, place: dict[str, Any]) -> bytes:
    """The bytes of a file. Raises InputDamaged, and what S3 says."""
    found = ""
    for _ in range(BODY_TRIES):
        data = read_whole(s3, bucket, place["key"])
        sha256 = hashlib.sha256(data).hexdigest()
        if sha256 == place["sha256"]:
            return data
        found = f"{len(data)} with {sha256}"
    wanted = f"{place['bytes']} bytes with the SHA-256 {place['sha256']}"
    raise InputDamaged(f"Expected {wanted} at s3://{bucket}/{place['key']} but got {found}. Start the run again.")
