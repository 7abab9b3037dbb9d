"""A kept fleet: its head does one job after the other, until it is idle, stopped, alone, or past its deadline."""

import json
import threading
import time
import traceback
from typing import Any

from fanfleet.aws import client, later
from fanfleet.fleet_job import REPORT_RESERVE_S, FleetJob, error_of
from fanfleet.job_queue import JobQueue, QueuedJob, QueueEnd
from fanfleet.keeper import Keeper
from fanfleet.repeat import Repeat
from fanfleet.secrets import Secrets
from fanfleet.standing_fleet import WARM_S, StandingFleet
from fanfleet.steps import say

STATE_EVERY_S = 10.0
IDLE = "idle"
TAKE_S = 0.5
"""How long the next job is waited for before it is seen whether the fleet is still wanted."""


class KeptFleet:
    """Writes `keptFleetStateSchema` of src/fleet/kept/kept-fleet.ts at each change, and every ten seconds."""

    def __init__(self, fleet: StandingFleet, keeper: Keeper) -> None:
        self._fleet = fleet
        self._keeper = keeper
        settings = fleet.settings
        services = (later("s3"), later("ssm"), later("stepfunctions"))
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
        try:
            # A job that comes while its workers boot waits for them.
            self._fleet.boot(secret, self._queue.start)
            # Both are kept. What the first job tells would wait for them.
            self._fleet.cluster_status()
            self._fleet.host_reports()
            # Before nobody would do its jobs.
            self._keeper.hand_over()
            now = time.time()
            self._state |= {"readyAt": now * 1000, "idleSince": now * 1000}
            self._seen_workers_at = now
            self._telling.start()
            reason = self._serve()
        except Exception as error:
            try:
                self._queue.refuse_rest("failed", "FleetFailed", str(error_of(error, self._fleet.steps.current)))
            finally:
                self._fleet.end()
            raise
        self._tell(state="ended", reason=reason)
        self._telling.stop(STATE_EVERY_S)
        self._queue.stop()
        self._fleet.end()
        return reason

    def _serve(self) -> str:
        """Do jobs until there are to be no more, and say why."""
        while True:
            reason = self._reason_to_end()
            if reason not in (None, IDLE):
                name = self._name
                cause = f"The kept fleet {name} has ended ({reason}); `fanfleet fleet start {name}` starts it again."
                self._queue.refuse_rest(reason, "FleetEnded", cause)
                return reason
            entry = self._queue.take(TAKE_S)
            if isinstance(entry, QueueEnd):
                return entry.reason
            if entry is not None:
                self._do(entry)
            # A job that came at this moment is done first.
            elif reason == IDLE and self._queue.end(reason):
                return reason

    def _reason_to_end(self) -> str | None:
        now = time.time()
        if self._fleet.alive:
            self._seen_workers_at = now
        if self._keeper.has_gone():
            return "nobody keeps it any more"
        if now > self._deadline:
            return "deadline"
        if now - self._seen_workers_at > self._fleet.settings.alone_s:
            return "no workers"
        idle_s = now - self._state["idleSince"] / 1000
        return IDLE if idle_s > self._fleet.settings.idle_s else None

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
            "name": self._name,
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
        if error is None or error["code"] != "NoWorkersLeft":
            self._seen_workers_at = time.time()
        try:
            work.put_info(error, **facts)
        finally:
            output = {"status": "succeeded", "workersJoined": workers_alive}
            job.token.settle(error, output)
            self._tell(state="ready", runId=None, jobs=job.number, idleSince=ended_at)
        if error is not None and error["code"] != "NoWorkersLeft":
            # The engine is another one now: it connects, and has the workers ready, before the next job comes.
            assert fleet.engine is not None
            within_s = min(WARM_S, self._deadline - time.time())
            fleet.engine.warm(max(1, len(fleet.alive)), within_s, lambda: self._reason_to_end() not in (None, IDLE))
            self._tell(idleSince=time.time() * 1000)
        took_s = (ended_at - taken_at) / 1000
        say(f"job {job.number}: {'succeeded' if error is None else error['code']} after {took_s:.1f} s")

    @property
    def _name(self) -> str:
        return self._fleet.settings.fleet.rpartition(".")[0]

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


def keep(fleet: StandingFleet, secrets: Secrets) -> str:
    """Keep a fleet to its end, tell Step Functions, and return how it ended, for people."""
    keeper = Keeper(later("ssm"), later("stepfunctions"), fleet.settings.parameter, secrets.task_token)
    try:
        reason = KeptFleet(fleet, keeper).keep(secrets.cluster)
    except Exception as failure:
        traceback.print_exc()
        error = error_of(failure, fleet.steps.current)
        keeper.settle(error, {})
        return f"failed with {error['code']}"
    keeper.settle(None, {"reason": reason})
    return f"ended ({reason})"
