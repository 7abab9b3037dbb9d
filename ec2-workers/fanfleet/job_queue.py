"""The queue of a kept fleet: objects in S3, numbered without a gap, each written once by whoever is the first."""

import json
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from fanfleet.job_settings import JobSettings
from fanfleet.repeat import Repeat
from fanfleet.secrets import read_task_token
from fanfleet.steps import say
from fanfleet.task_token import TaskToken

LOOK_EVERY_S = 0.25
"""A GET of an object that is not there yet: a million of them are $0.40, and a day 345,600."""
LOOK_OFTEN_S = 0.1
OFTEN_FOR_S = 15.0
"""Where a job was found, another one often follows in seconds: it shall not wait. Each look takes processors, too."""

HEARTBEAT_S = 5.0
ASK_EVERY_S = 1.0
"""How old it may be that a run goes on."""
STOP_LIMIT_S = 10.0

_UNREADABLE = (KeyError, ValueError, TypeError, AttributeError, BotoCoreError, ClientError)
"""No JSON, JSON of another form, or a secret that is refused however often it was asked for (aws.py)."""


class QueuedJob:
    def __init__(self, ssm: Any, sfn: Any, number: int, entry: Mapping[str, Any], secret: str) -> None:
        self._ssm = ssm
        self._parameter = str(entry["parameter"])
        self._asked_at = time.time()
        self._has_ended = False
        self.number = number
        self.settings = JobSettings.of(entry["variables"])
        self.submitted_at = float(entry["submittedAt"])
        """Epoch milliseconds, by the clock of the function that put it there."""
        self.deadline = time.time() + float(entry["deadline"])
        """Of time.time()."""
        self.token = TaskToken(sfn, secret, HEARTBEAT_S)
        # From here on: a job that waits is not lost.
        self.token.start()

    def is_unwanted(self) -> bool:
        """Whether its run has ended. Whoever stops a run takes its secret away, often before its token is refused."""
        if not self._has_ended and time.time() - self._asked_at > ASK_EVERY_S:
            self._asked_at = time.time()
            try:
                self._has_ended = read_task_token(self._ssm, self._parameter) is None
            except (BotoCoreError, ClientError) as reason:
                say(f"whether run {self.settings.run_id} goes on is unknown: {reason}")
        return self._has_ended or self.token.gone.is_set()


@dataclass(frozen=True, slots=True)
class QueueEnd:
    """Nothing can come any more."""

    reason: str


class JobQueue:
    """`src/fleet/kept/queue.ts` is the other end of it."""

    def __init__(self, s3: Any, ssm: Any, sfn: Any, bucket: str, folder: str) -> None:
        """`folder` is that of the fleet and ends in a slash."""
        self._s3, self._ssm, self._sfn = s3, ssm, sfn
        self._bucket = bucket
        self._folder = f"{folder}jobs/"
        self._next = 1
        self._has_ended = False
        self._found: SimpleQueue[QueuedJob | QueueEnd] = SimpleQueue()
        self._looking_now = threading.Lock()
        # Nobody sends a job to a fleet that boots as soon as to one that has just had one.
        self._found_at = 0.0
        self._looking = Repeat("looking for jobs", self._look, self._look_every_s)

    def start(self) -> None:
        self._looking.start()

    def stop(self) -> None:
        self._looking.stop(STOP_LIMIT_S)

    def take(self, within_s: float) -> QueuedJob | QueueEnd | None:
        """The next one in order; None if none comes within so many seconds."""
        try:
            return self._found.get(timeout=within_s)
        except Empty:
            return None

    def end(self, reason: str) -> bool:
        """End the queue, unless there is something in it. Of a job and an end that come at once, one comes first."""
        with self._looking_now:
            if self._has_ended or not self._found.empty():
                return False
            try:
                body = json.dumps({"end": reason}).encode()
                self._s3.put_object(
                    Bucket=self._bucket, Key=self._key(), Body=body, ContentType="application/json", IfNoneMatch="*"
                )
            except ClientError as error:
                if error.response["Error"]["Code"] in {"PreconditionFailed", "ConditionalRequestConflict"}:
                    return False
                raise
            self._has_ended = True
            return True

    def refuse_rest(self, reason: str, code: str, cause: str) -> None:
        """End the queue whatever is in it, and tell those that wait."""
        while True:
            # What came before the end has been found when the end has.
            is_over = self._has_ended or self.end(reason)
            while isinstance(job := self.take(0), QueuedJob):
                job.token.fail(code, cause)
            if is_over:
                return
            self._look()

    def _look(self) -> None:
        with self._looking_now:
            while not self._has_ended and (body := self._read()) is not None:
                number = self._next
                try:
                    found = self._job(number, json.loads(body))
                except _UNREADABLE as reason:
                    # Its run fails for want of heartbeats. Those behind it need not.
                    say(f"job {number} is left out, since it cannot be read: {reason!r}")
                    found = None
                self._next += 1
                self._found_at = time.time()
                if found is not None:
                    self._found.put(found)

    def _look_every_s(self) -> float:
        return LOOK_OFTEN_S if time.time() - self._found_at < OFTEN_FOR_S else LOOK_EVERY_S

    def _read(self) -> bytes | None:
        try:
            return self._s3.get_object(Bucket=self._bucket, Key=self._key())["Body"].read()
        except ClientError as error:
            if error.response["Error"]["Code"] == "NoSuchKey":
                return None
            raise

    def _job(self, number: int, entry: dict[str, Any]) -> QueuedJob | QueueEnd | None:
        """None for one that nobody waits for any more."""
        if "end" in entry:
            self._has_ended = True
            return QueueEnd(entry["end"])
        secret = read_task_token(self._ssm, entry["parameter"])
        if secret is None:
            return None
        return QueuedJob(self._ssm, self._sfn, number, entry, secret)

    def _key(self) -> str:
        return f"{self._folder}{self._next:09d}.json"
