"""The engine's process: started once, given one job after the other, and anew after one that fails or stalls."""

import json
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue

from botocore.exceptions import BotoCoreError, ClientError

from fanfleet.steps import StepFailed, say

ATTEMPTS = 3

CLOSE_S = 10.0
"""How long an engine may take to leave its cluster."""

CONNECT = "connect"
"""Before the first job: the cluster is there. It has no answer."""

WARM, WITHIN = "warm", "within"
"""In the place of a job, with the number of workers and seconds: to start what batches need. It answers `warm`."""

ANSWER_S = 20.0
"""How long an engine may take to answer after that."""

LOOK_S = 0.5
"""How often it is seen whether its answer is still wanted."""

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
    alone_s: float
    """How long an engine may be without any worker."""
    poll_s: float = 2.0


class EngineRunner:
    """Runs jobs on one engine, which `main` of engines/contract.py talks with. What is done stays done."""

    def __init__(self, command: Sequence[str], env: Mapping[str, str]) -> None:
        self._command = command
        self._env = env
        self._process: _EngineProcess | None = None

    def start(self) -> None:
        """Let it import what it needs, unless it has, while its cluster is started."""
        if self._process is None or self._process.has_ended():
            self._process = _EngineProcess(self._command, self._env)

    def connect(self) -> None:
        """Let it connect to its cluster: a job that comes later need not wait for that."""
        self.start()
        assert self._process is not None
        self._process.give(CONNECT)

    def warm(self, workers: int, within_s: float, is_unwanted: Callable[[], bool] = lambda: False) -> None:
        """Have so many workers start what their first batches need; jobs do what this leaves undone.

        The engine itself goes on without those that take longer. One that does not even answer is started anew.
        """
        self.start()
        process = self._process
        assert process is not None
        process.give({WARM: workers, WITHIN: within_s})
        until = time.time() + within_s + ANSWER_S
        while not is_unwanted():
            try:
                answer = process.answers.get(timeout=LOOK_S)
            except Empty:
                if time.time() < until:
                    continue
                say(f"the engine is started anew: it did not answer in {within_s + ANSWER_S:.0f} s")
                break
            if answer is not None:
                return
            say(f"the engine is started anew: {process.last_words()}")
            break
        # Its answer would be taken for that of the next job.
        process.kill()
        self.connect()

    def run(self, arguments: Sequence[str], watch: Watch) -> int:
        """Have a job done and return the number of attempts that took.

        Raises StepFailed with EngineFailed, EngineStalled, NoWorkersLeft, DeadlinePassed or TaskGone.
        """
        for attempt in range(1, ATTEMPTS + 1):
            try:
                self._run_once(arguments, watch)
                return attempt
            except StepFailed as reason:
                if attempt == ATTEMPTS or reason.code in _FINAL:
                    raise
                say(f"attempt {attempt} of the engine failed ({reason.code}), trying again with what is left")
        raise AssertionError("unreachable")

    def stop(self) -> None:
        """Let it leave its cluster."""
        if self._process is not None:
            self._process.close()
            self._process = None

    def _run_once(self, arguments: Sequence[str], watch: Watch) -> None:
        self.start()
        process = self._process
        assert process is not None
        reason: str | None = "EngineFailed"
        try:
            process.give(list(arguments))
            reason = _watch(process, watch)
        finally:
            if reason is not None:
                process.kill()
                self._process = None
        if reason is not None:
            raise StepFailed(reason, process.last_words())


class _EngineProcess:
    def __init__(self, command: Sequence[str], env: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(
            command, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self._lines: deque[str] = deque(maxlen=20)
        self.answers: SimpleQueue[str | None] = SimpleQueue()
        """One for each job that is done; None once the process has ended."""
        self._readers = [threading.Thread(target=read, daemon=True) for read in (self._read_answers, self._forward)]
        for reader in self._readers:
            reader.start()

    def has_ended(self) -> bool:
        return self._process.poll() is not None

    def give(self, arguments: Sequence[str] | str | Mapping[str, float]) -> None:
        """A job's arguments, CONNECT, or WARM with the number of workers."""
        # One that has ended meanwhile says so where its answer is waited for.
        with suppress(BrokenPipeError):
            assert self._process.stdin is not None
            self._process.stdin.write(json.dumps(arguments) + "\n")
            self._process.stdin.flush()

    def close(self) -> None:
        with suppress(BrokenPipeError):
            assert self._process.stdin is not None
            self._process.stdin.close()
        try:
            self._process.wait(CLOSE_S)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()
        for reader in self._readers:
            reader.join(timeout=2)

    def last_words(self) -> str:
        tail = "".join(self._lines).strip()[-600:]
        # One that was killed has no exit status of its own.
        status = self._process.returncode
        return tail if status < 0 else f"exit status {status}: {tail}"

    def _read_answers(self) -> None:
        for line in self._process.stdout or ():
            self.answers.put(line)
        self._process.wait()
        self.answers.put(None)

    def _forward(self) -> None:
        for line in self._process.stderr or ():
            self._lines.append(line)
            sys.stdout.write(line)
            sys.stdout.flush()


def _watch(process: _EngineProcess, watch: Watch) -> str | None:
    """Why the process has to be stopped, or None once its job is done."""
    done, since = -1, time.time()
    seen_workers = time.time()
    while True:
        try:
            return None if process.answers.get(timeout=watch.poll_s) is not None else "EngineFailed"
        except Empty:
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
