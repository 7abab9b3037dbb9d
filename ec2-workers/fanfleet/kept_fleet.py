"""A kept fleet: its head does one job after the other, until it is idle, stopped, alone, or past its deadline."""

import json
import threading
import time
import traceback
from typing import Any

from fanfleet.aws import client
from fanfleet.fleet_job import REPORT_RESERVE_S, FleetJob, error_of
from fanfleet.job_queue import JobQueue, QueuedJob, QueueEnd
from fanfleet.repeat import Repeat
from fanfleet.standing_fleet import StandingFleet
from fanfleet.steps import say
from fanfleet.task_token import TaskToken

STATE_EVERY_S = 10.0
TAKE_S = 0.5
"""How long the next job is waited for before it is seen whether the fleet is still wanted."""

ALONE_S = 60.0
"""How long it may be without any worker: longer than a network needs to come back."""


class KeptFleet:
    """Writes `keptFleetStateSchema` of src/fleet/kept/kept-fleet.ts at each change, and every ten seconds."""

    def __init__(self, fleet: StandingFleet, token: TaskToken) -> None:
        """`token` is that of the execution that keeps the fleet."""
        self._fleet = fleet
        self._token = token
        settings = fleet.settings
        services = (client("s3"), client("ssm"), client("stepfunctions"))
        self._queue = JobQueue(*services, settings.runs_bucket, settings.folder)
        self._deadline = settings.boot_started_at / 1000 + settings.deadline_s - REPORT_RESERVE_S
        self._lock = threading.Lock()
        self._state: dict[str, Any] = {"state": "ready", "runId": None, "jobs": 0, "reason": None}
        self._telling = Repeat("telling the state", self._put_state, lambda: STATE_EVERY_S)
        self._last_job_ended_at: float | None = None
        self._seen_workers_at = time.time()

    def keep(self, secret: str) -> str:
        """Boot, and do jobs until the end; returns the reason for it. `secret` is that of the cluster.

        Raises what booting raises.
        """
        # A job that comes while it boots waits for it.
        self._queue.start()
        try:
            self._fleet.boot(secret)
            now = time.time()
            self._state |= {"readyAt": now * 1000, "idleSince": now * 1000}
            self._seen_workers_at = now
            self._telling.start()
            reason = self._serve()
        except Exception as error:
            self._queue.refuse_rest("failed", "FleetFailed", str(error_of(error, self._fleet.steps.current)))
            raise
        self._tell(state="ended", reason=reason)
        self._telling.stop(STATE_EVERY_S)
        self._queue.stop()
        self._fleet.end()
        return reason

    def _serve(self) -> str:
        """Do jobs until there are to be no more, and say why."""
        while True:
            entry = self._queue.take(TAKE_S)
            if isinstance(entry, QueueEnd):
                return entry.reason
            if entry is not None:
                self._do(entry)
                continue
            reason = self._reason_to_end()
            if reason == "idle":
                # A job that came at this moment is done first.
                if self._queue.end(reason):
                    return reason
            elif reason is not None:
                self._queue.refuse_rest(reason, "FleetEnded", f"The kept fleet has ended: {reason}.")
                return reason

    def _reason_to_end(self) -> str | None:
        now = time.time()
        if self._fleet.alive:
            self._seen_workers_at = now
        if self._token.gone.is_set():
            return "nobody keeps it any more"
        if now > self._deadline:
            return "deadline"
        if now - self._seen_workers_at > ALONE_S:
            return "no workers"
        idle_s = now - self._state["idleSince"] / 1000
        return "idle" if idle_s > self._fleet.settings.idle_s else None

    def _do(self, job: QueuedJob) -> None:
        """Have a job done, and tell the run how it ended."""
        if job.is_unwanted():
            say(f"job {job.number} is left out: its run has ended")
            self._tell(jobs=job.number)
            return
        fleet, settings = self._fleet, job.settings
        taken_at = time.time() * 1000
        workers_alive = len(fleet.alive)
        say(f"job {job.number}: run {settings.run_id}, round {settings.round}, on {workers_alive} workers")
        self._tell(state="busy", runId=settings.run_id)
        work = FleetJob(fleet, settings)
        error = None
        try:
            work.run(min(job.deadline, self._deadline), job.is_unwanted)
        except Exception as reason:
            traceback.print_exc()
            error = error_of(reason, "engine")
        ended_at = time.time() * 1000
        kept = {
            "name": fleet.settings.fleet.rpartition(".")[0],
            "id": fleet.settings.fleet,
            "job": job.number,
            "submittedAt": job.submitted_at,
            "takenAt": taken_at,
            "endedAt": ended_at,
            "idleSince": self._last_job_ended_at,
            "workersAlive": workers_alive,
        }
        facts = {"jobStartedAt": taken_at, "workersReadyAt": taken_at, "workersJoined": workers_alive, "kept": kept}
        self._last_job_ended_at = ended_at
        try:
            work.put_info(error, **facts)
        finally:
            output = {"status": "succeeded", "workersJoined": workers_alive}
            job.token.settle(error, output)
            self._tell(state="ready", runId=None, jobs=job.number, idleSince=ended_at)
        took_s = (ended_at - taken_at) / 1000
        say(f"job {job.number}: {'succeeded' if error is None else error['code']} after {took_s:.1f} s")

    def _tell(self, **changes: Any) -> None:
        with self._lock:
            self._state |= changes
        self._telling.soon()

    def _put_state(self) -> None:
        with self._lock:
            state = {**self._state, "at": time.time() * 1000, "workersAlive": len(self._fleet.alive)}
        settings = self._fleet.settings
        key, body = f"{settings.folder}state.json", json.dumps(state).encode()
        client("s3").put_object(Bucket=settings.runs_bucket, Key=key, Body=body, ContentType="application/json")


def keep(fleet: StandingFleet, secret: str, token: TaskToken) -> str:
    """Keep a fleet to its end, tell Step Functions, and return how it ended, for people."""
    try:
        reason = KeptFleet(fleet, token).keep(secret)
    except Exception as failure:
        traceback.print_exc()
        error = error_of(failure, fleet.steps.current)
        token.settle(error, {})
        return f"failed with {error['code']}"
    token.settle(None, {"reason": reason})
    return f"ended ({reason})"
