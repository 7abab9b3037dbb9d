"""The task token of Step Functions: heartbeats while the job runs, and its outcome."""

import json
import threading
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from fanfleet.steps import say

HEARTBEAT_S = 20.0
FIRST_S = 3.0
"""Before the first one: a head that boots has no time for boto3 yet."""
_GONE = {"TaskTimedOut", "InvalidToken", "TaskDoesNotExist"}


class TaskToken:
    """Sends heartbeats from a thread of its own until it is settled."""

    def __init__(self, sfn: Any, token: str, heartbeat_s: float = HEARTBEAT_S, first_s: float = 0.0) -> None:
        self._sfn = sfn
        self._token = token
        self._heartbeat_s = heartbeat_s
        self._first_s = first_s
        self._settled = threading.Event()
        self.gone = threading.Event()
        """Set once Step Functions no longer waits for this job."""
        self._thread = threading.Thread(target=self._beat, name="heartbeat", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def settle(self, error: Mapping[str, str] | None, output: dict[str, Any]) -> None:
        """Tell Step Functions how it ended: with an error of `code` and `message`, or else with `output`."""
        if error is None:
            self.succeed(output)
        else:
            self.fail(error["code"], error["message"])

    def succeed(self, output: dict[str, Any]) -> None:
        self._settle(self._sfn.send_task_success, output=json.dumps(output))

    def fail(self, code: str, cause: str) -> None:
        self._settle(self._sfn.send_task_failure, error=code[:256], cause=cause[:1000])

    def _settle(self, send: Any, **outcome: str) -> None:
        self._settled.set()
        try:
            send(taskToken=self._token, **outcome)
        except ClientError as error:
            if not self._is_gone(error):
                raise
            say("Step Functions no longer waits for this job")

    def _beat(self) -> None:
        self._settled.wait(self._first_s)
        while not self._settled.is_set():
            try:
                self._sfn.send_task_heartbeat(taskToken=self._token)
            except ClientError as error:
                # One that was under way while the outcome was told comes too late, which says nothing.
                if self._settled.is_set() or self._is_gone(error):
                    return
                say(f"heartbeat failed: {error}")
            except BotoCoreError as error:
                say(f"heartbeat failed: {error}")
            self._settled.wait(self._heartbeat_s)

    def _is_gone(self, error: ClientError) -> bool:
        if error.response["Error"]["Code"] not in _GONE:
            return False
        self.gone.set()
        return True
