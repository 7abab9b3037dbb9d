"""The stages of a job as its head goes through them: which one is next, and what one adds up to."""

import hashlib
import json
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cached_property
from typing import Any

from botocore.exceptions import ClientError

from fanfleet.aws import list_keys
from fanfleet.fetch import read_whole
from fanfleet.inputs import fetch_file
from fanfleet.job_settings import JobSettings
from fanfleet.manifest import read_lines
from fanfleet.steps import StepFailed, say
from fanfleet.task import batch_name, batch_numbers
from fanfleet.workloads.runners import reducer_of

GETS_AHEAD = 8
"""Files that are read ahead of the one that is added up; each may have some MB."""

Stage = dict[str, Any]
"""As `Stage` in src/contract/stage.ts: its number, and the place of its state."""


class Stages:
    """Those of a workload that has several, of one round of a run: the twin of what functions/reduce.ts does."""

    def __init__(self, s3: Any, bucket: str, settings: JobSettings) -> None:
        self._s3, self._bucket, self._settings = s3, bucket, settings
        self._workload = json.loads(settings.workload)

    def first(self) -> Stage | None:
        """The first one that is not reduced: of a run that goes on from an earlier one it need not be the first of all.

        None where the last one is.
        """
        number = 0
        state = json.loads(read_whole(self._s3, self._bucket, self._settings.inputs_key))["start"]
        while (reduced := self._reduced(number)) is not None:
            if reduced["isLast"]:
                return None
            number, state = number + 1, reduced["outcome"]
        return {"number": number, "state": state}

    def reduce(self, stage: Stage, go_on: Callable[[], None]) -> Stage | None:
        """Add up what the batches of a stage left, leave its outcome, and give the next one, if there is to be one.

        `go_on` is called again and again, and may raise. Raises StepFailed with StageIncomplete or OutcomeDamaged.
        """
        started_at, cpu_s = time.time(), time.process_time()
        number, folder = stage["number"], self._settings.folder(stage)
        reducer = reducer_of(self._workload, number, fetch_file(self._s3, self._bucket, stage["state"]))
        batches = self._batches
        keys = self._keys_of(batches, f"{folder}{reducer.folder}/", number)
        for key, body in zip(keys, self._read_ahead(keys), strict=True):
            go_on()
            try:
                reducer.add(body)
            except ValueError as reason:
                message = f"Expected s3://{self._bucket}/{key} as its worker wrote it: {reason} Start the run again."
                raise StepFailed("OutcomeDamaged", message) from reason
        text, is_last = reducer.finish()
        body = text.encode()
        outcome = {
            "key": f"{folder}outcome.json",
            "sha256": hashlib.sha256(body).hexdigest(),
            "bytes": len(body),
        }
        self._put(outcome["key"], body)
        reduced = {
            "stage": number,
            "outcome": outcome,
            "isLast": is_last,
            "batches": len(batches),
            "startedAt": started_at * 1000,
            "endedAt": time.time() * 1000,
            "cpuMs": (time.process_time() - cpu_s) * 1000,
        }
        # Last, so that it says that the outcome is there.
        self._put(f"{folder}reduced.json", json.dumps(reduced).encode())
        say(f"stage {number} is reduced{', and the last one' if is_last else ''}")
        return None if is_last else {"number": number + 1, "state": outcome}

    def _reduced(self, number: int) -> dict[str, Any] | None:
        key = f"{self._settings.arm_prefix}stage-{number}/reduced.json"
        try:
            body = read_whole(self._s3, self._bucket, key)
        except ClientError as reason:
            if reason.response["Error"]["Code"] == "NoSuchKey":
                return None
            raise
        try:
            reduced = json.loads(body)
            if reduced["stage"] == number and isinstance(reduced["isLast"], bool) and reduced["outcome"]["sha256"]:
                return reduced
        except (ValueError, TypeError, KeyError):
            pass
        message = f"Expected s3://{self._bucket}/{key} to say how stage {number} was reduced. Start the run again."
        raise StepFailed("OutcomeDamaged", message)

    @cached_property
    def _batches(self) -> list[int]:
        manifest = self._s3.get_object(Bucket=self._bucket, Key=self._settings.manifest_key)["Body"]
        return [line.batch for line in read_lines(manifest.iter_chunks(1 << 20))]

    def _keys_of(self, batches: Sequence[int], folder: str, number: int) -> list[str]:
        """The file of each batch, in the order of the manifest."""
        found = batch_numbers(list_keys(self._s3, self._bucket, folder))
        missing = [batch for batch in batches if batch not in found]
        if missing:
            message = (
                f"Expected a file of each of the {len(batches)} batches of stage {number} but {len(missing)}"
                f" {'is' if len(missing) == 1 else 'are'} missing, first {folder}{batch_name(missing[0])}.json:"
                f" go on with what is done by `fanfleet run --resume {self._settings.run_id}`."
            )
            raise StepFailed("StageIncomplete", message)
        return [f"{folder}{batch_name(batch)}.json" for batch in batches]

    def _read_ahead(self, keys: Iterable[str]) -> Iterator[bytes]:
        """The objects in order, some of them before they are asked for."""
        waiting: deque[Future[bytes]] = deque()
        with ThreadPoolExecutor(GETS_AHEAD, thread_name_prefix="reduce") as pool:
            for key in keys:
                waiting.append(pool.submit(read_whole, self._s3, self._bucket, key))
                if len(waiting) == GETS_AHEAD:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()

    def _put(self, key: str, body: bytes) -> None:
        self._s3.put_object(Bucket=self._bucket, Key=key, Body=body, ContentType="application/json")
