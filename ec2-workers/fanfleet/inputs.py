"""Files that every worker of a run needs, which were prepared before its arms started: `inputs.json` has their places.

A process fetches a file once. What was made of it is kept by the hash of the file, so that later runs of a fleet that
stays find it there.
"""

import hashlib
import json
import threading
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from fanfleet.aws import split_uri
from fanfleet.fetch import BODY_TRIES, UNSOUND

MOST_BYTES = 512 * 2**20
"""Of all files of which a process keeps what was made; the last one that was asked for is kept whatever it has."""

MOST_RUNS = 16
"""So many runs' places of files are known at once."""


class InputDamaged(Exception):
    """A file is not what was prepared."""

    def __str__(self) -> str:
        # As functions say it (src/errors.ts).
        return f"[INPUT_DAMAGED] {super().__str__()}"


class InputStore:
    """What a process has made of the files. Safe to share between threads: one makes it, and the others wait for it."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._lock = threading.Lock()
        self._runs: OrderedDict[str, dict[str, Any]] = OrderedDict()
        self._made: OrderedDict[tuple[str, str], tuple[int, Any]] = OrderedDict()

    def get(self, s3: Any, address: str, name: str, form: str, make: Callable[[bytes], Any]) -> Any:
        """As `Inputs.get`, of the run with the `inputs.json` at this address."""
        with self._lock:
            place = self._places(s3, address)[name]
            known = (place["sha256"], form)
            if known not in self._made:
                bucket, _ = split_uri(address)
                # What has to go goes first: never are both in memory.
                self._leave_room(place["bytes"])
                self._made[known] = (place["bytes"], make(_fetch(s3, bucket, place)))
            self._made.move_to_end(known)
            return self._made[known][1]

    def _leave_room(self, size: int) -> None:
        while self._made and sum(kept for kept, _ in self._made.values()) + size > self._most_bytes:
            self._made.popitem(last=False)

    def _places(self, s3: Any, address: str) -> dict[str, Any]:
        if address not in self._runs:
            bucket, key = split_uri(address)
            self._runs[address] = json.loads(_read(s3, bucket, key))
        self._runs.move_to_end(address)
        while len(self._runs) > MOST_RUNS:
            self._runs.popitem(last=False)
        return self._runs[address]


STORE = InputStore()
"""That of this process."""


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


def _fetch(s3: Any, bucket: str, place: dict[str, Any]) -> bytes:
    found = ""
    for _ in range(BODY_TRIES):
        data = _read(s3, bucket, place["key"])
        sha256 = hashlib.sha256(data).hexdigest()
        if sha256 == place["sha256"]:
            return data
        found = f"{len(data)} with {sha256}"
    wanted = f"{place['bytes']} bytes with the SHA-256 {place['sha256']}"
    raise InputDamaged(f"Expected {wanted} at s3://{bucket}/{place['key']} but got {found}. Start the run again.")


def _read(s3: Any, bucket: str, key: str) -> bytes:
    """An object whose body may break a few times on its way."""
    for _ in range(BODY_TRIES - 1):
        with suppress(*UNSOUND):
            return s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    return s3.get_object(Bucket=bucket, Key=key)["Body"].read()
