"""Run an engine as a process, again if it fails or stalls; what is done stays done."""

import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from botocore.exceptions import BotoCoreError, ClientError

from fanfleet.steps import StepFailed, say

ATTEMPTS = 3

_FINAL = ("DeadlinePassed", "TaskGone", "NoWorkersLeft")
"""Reasons that another attempt would meet again."""


@dataclass(frozen=True, slots=True)
class Watch:
    """When a running engine is given up. Times are of time.time() or seconds."""

    deadline: float
    stall_s: float
    is_unwanted: Callable[[], bool]
    count_done: Callable[[], int]
    has_workers: Callable[[], bool]
    poll_s: float = 2.0
    alone_s: float = 60.0
    """How long an engine may be without any worker: longer than a network needs to come back."""


def run_engine(command: list[str], env: dict[str, str], watch: Watch) -> int:
    """Run until it succeeds and return the number of attempts that took.

    Raises StepFailed with EngineFailed, EngineStalled, NoWorkersLeft, DeadlinePassed or TaskGone.
    """
    for attempt in range(1, ATTEMPTS + 1):
        try:
            _run_once(command, env, watch)
            return attempt
        except StepFailed as reason:
            if attempt == ATTEMPTS or reason.code in _FINAL:
                raise
            say(f"attempt {attempt} of the engine failed ({reason.code}), trying again with what is left")
    raise AssertionError("unreachable")


def _run_once(command: list[str], env: dict[str, str], watch: Watch) -> None:
    process = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    lines: deque[str] = deque(maxlen=20)
    reader = threading.Thread(target=_forward, args=(process, lines), daemon=True)
    reader.start()
    try:
        reason = _watch(process, watch)
    finally:
        process.kill()
        process.wait()
        reader.join(timeout=2)
    tail = "".join(lines).strip()[-600:]
    if reason is not None:
        raise StepFailed(reason, tail)
    if process.returncode != 0:
        raise StepFailed("EngineFailed", f"exit status {process.returncode}: {tail}")


def _watch(process: "subprocess.Popen[str]", watch: Watch) -> str | None:
    """Why the process has to be stopped, or None once it has ended."""
    done, since = -1, time.time()
    seen_workers = time.time()
    while True:
        try:
            process.wait(watch.poll_s)
            return None
        except subprocess.TimeoutExpired:
            pass
        if watch.is_unwanted():
            return "TaskGone"
        if time.time() > watch.deadline:
            return "DeadlinePassed"
        if watch.has_workers():
            seen_workers = time.time()
        elif time.time() - seen_workers > watch.alone_s:
            return "NoWorkersLeft"
        now_done = _count(watch)
        if now_done is not None and now_done != done:
            done, since = now_done, time.time()
        elif time.time() - since > watch.stall_s:
            return "EngineStalled"


def _count(watch: Watch) -> int | None:
    """None where S3 does not answer: then nobody knows, and the time since the last progress counts on."""
    try:
        return watch.count_done()
    except (BotoCoreError, ClientError) as reason:
        say(f"progress is unknown: {reason}")
        return None


def _forward(process: "subprocess.Popen[str]", lines: "deque[str]") -> None:
    for line in process.stdout or ():
        lines.append(line)
        sys.stdout.write(line)
        sys.stdout.flush()
