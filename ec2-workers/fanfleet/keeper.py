"""The execution that keeps a fleet, by its task tokens: one while the fleet boots, and another one from then on."""

import time
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from fanfleet.secrets import read_task_token
from fanfleet.steps import say
from fanfleet.task_token import TaskToken

HEARTBEAT_S = 10.0
"""The state `Keep` of statemachine/fleets.asl.yaml misses a head after some of them."""

HAND_OVER_S = 600.0
"""In an account whose functions are all at work the other token comes late."""
GONE_S = 30.0
"""Likewise, where Step Functions said that it waits no longer."""
LOOK_EVERY_S = 0.25


class Keeper:
    """A boot takes long, so its head is missed late; one that has booted is missed soon. So there are two tokens."""

    def __init__(self, ssm: Any, sfn: Any, parameter: str, token: str) -> None:
        """`token` is that of the boot; the other one comes to be in the same `parameter`."""
        self._ssm, self._sfn = ssm, sfn
        self._parameter = parameter
        self._newest = token
        self._token = TaskToken(sfn, token)
        self._token.start()

    def hand_over(self) -> None:
        """Say that the fleet has booted, and take the token that comes for it."""
        self._token.succeed({"state": "ready"})
        # Also where the answer to the first try of that was lost, and the second one came too late.
        until = time.time() + (GONE_S if self._token.gone.is_set() else HAND_OVER_S)
        while not self._renew():
            if time.time() > until:
                self._token.gone.set()
                return
            time.sleep(LOOK_EVERY_S)

    def has_gone(self) -> bool:
        """Whether nobody keeps the fleet any more; a state that was tried again has another token."""
        return self._token.gone.is_set() and not self._renew()

    def settle(self, error: Mapping[str, str] | None, output: dict[str, Any]) -> None:
        """As of TaskToken."""
        self._token.settle(error, output)

    def _renew(self) -> bool:
        """Whether there is another token than the last one, which is the one from here on."""
        try:
            token = read_task_token(self._ssm, self._parameter)
        except (BotoCoreError, ClientError) as reason:
            say(f"whether somebody keeps this fleet is unknown: {reason}")
            return False
        if token is None or token == self._newest:
            return False
        self._newest = token
        self._token = TaskToken(self._sfn, token, HEARTBEAT_S)
        self._token.start()
        return True
