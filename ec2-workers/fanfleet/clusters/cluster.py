"""What head and worker need of a cluster, whichever engine uses it."""

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

from fanfleet.host import Host
from fanfleet.settings import Settings

State = Literal["ALIVE", "DEAD", "LEFT"]
"""A worker that left said so; one that is dead did not."""


@dataclass(frozen=True, slots=True)
class WorkerState:
    address: str
    state: State


class Cluster(Protocol):
    """One kind of cluster. All errors are StepFailed with a code for Step Functions."""

    def environment(self, secret: str, head_address: str) -> dict[str, str]:
        """What every process that talks to the cluster needs beside its own environment.

        `secret` is random, of this fleet alone, and must not be in the arguments of a process.
        """
        ...

    def settings(self) -> Mapping[str, str]:
        """Settings worth telling with the run."""
        ...

    def start_head(self, me: Host, settings: Settings, env: dict[str, str]) -> None:
        """Start the head's part, which does no tasks, and return when it listens."""
        ...

    def dashboard(self, me: Host) -> str:
        """Address of the dashboard, or an empty text where there is none."""
        ...

    def join(self, me: Host, settings: Settings, env: dict[str, str], until: float) -> "subprocess.Popen[str]":
        """Join as a worker, again and again until `until` (of time.time()).

        Returns the process that lives as long as this host is part of the cluster; its standard output is a pipe.
        """
        ...

    def drain(self, me: Host, env: dict[str, str], process: "subprocess.Popen[str]", within_s: float) -> None:
        """Leave as a worker: take no new batches, finish those under way within `within_s`, then end `process`.

        `process` is what `join` gave; somebody else reads its output.
        """
        ...

    def states(self, env: dict[str, str]) -> list[WorkerState]:
        """All workers that ever joined, by the engine's own interface; the head is not one of them."""
        ...

    def status(self, env: dict[str, str], nodes: int) -> str:
        """For people: the cluster in the engine's own words, once it knows `nodes` hosts or after a few seconds."""
        ...
