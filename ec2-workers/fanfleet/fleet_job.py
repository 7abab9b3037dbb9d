"""One job on a fleet: the engine does the batches of its manifest, and the facts of it come to be known.

Of a workload with several stages it does them once for each, and the head adds up what they left.
"""

import json
import time
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from fanfleet import workloads
from fanfleet.aws import client, later, list_keys
from fanfleet.engine_run import Watch
from fanfleet.job_settings import JobSettings
from fanfleet.manifest import read_lines
from fanfleet.seen_batches import SeenBatches
from fanfleet.standing_fleet import StandingFleet
from fanfleet.steps import StepFailed, say

REPORT_RESERVE_S = 30.0
"""What is kept of a deadline to stop the engine and to report."""


class FleetJob:
    """The facts of `fleetInfoSchema` (src/fleet/arm-info.ts) as they come to be known."""

    def __init__(self, fleet: StandingFleet, settings: JobSettings) -> None:
        self._fleet = fleet
        self._settings = settings
        self._bucket = fleet.settings.runs_bucket
        self._engine_started_at = 0.0
        self.engine_ended_at = 0.0
        self._attempts = 0

    def run(self, deadline: float, is_unwanted: Callable[[], bool]) -> None:
        """Have it done by `deadline` (of time.time()), less the time to report.

        Raises StepFailed with a code for Step Functions.
        """
        until = deadline - REPORT_RESERVE_S
        self._engine_started_at = _now()
        # When batches were seen is told beside the next stage.
        with ThreadPoolExecutor(1, thread_name_prefix="seen") as telling:
            try:
                if json.loads(self._settings.workload)["name"] in workloads.STAGED:
                    self._run_stages(until, is_unwanted, telling)
                else:
                    self._map(None, until, is_unwanted, telling)
            finally:
                self.engine_ended_at = _now()

    def _run_stages(self, until: float, is_unwanted: Callable[[], bool], telling: Executor) -> None:
        # Only now: most jobs are a single map, and the head starts without it.
        from fanfleet.stages import Stages

        def go_on() -> None:
            if is_unwanted():
                raise StepFailed("TaskGone", "Nobody waits for the job any more.")
            if time.time() > until:
                raise StepFailed("DeadlinePassed", "The deadline of the job has passed.")

        stages = Stages(client("s3"), self._bucket, self._settings)
        stage = stages.first()
        while stage is not None:
            self._map(stage, until, is_unwanted, telling)
            try:
                stage = stages.reduce(stage, go_on)
            except StepFailed as reason:
                what = f"Stage {stage['number']} was not reduced, though all of its batches were done:"
                raise StepFailed(reason.code, f"{what} {reason}") from reason

    def _map(
        self, stage: dict[str, Any] | None, until: float, is_unwanted: Callable[[], bool], telling: Executor
    ) -> None:
        """Have all batches done, of one stage where there are several."""
        fleet, settings = self._fleet, self._settings
        assert fleet.engine is not None
        seen = SeenBatches(later("s3"), self._bucket, settings.folder(stage))
        watch = Watch(
            deadline=until,
            stall_s=fleet.settings.stall_s,
            alone_s=fleet.settings.alone_s,
            is_unwanted=is_unwanted,
            count_done=seen.look,
            has_workers=lambda: bool(fleet.alive),
        )
        try:
            attempts = fleet.engine.run(settings.engine_arguments(self._bucket, stage), watch)
            # Starts of the engine: the first one does all stages, unless another one has to take its place.
            self._attempts = max(1, self._attempts) + attempts - 1
        except StepFailed as reason:
            raise StepFailed(reason.code, f"{self._progress(stage, seen)} {reason}") from reason
        finally:
            telling.submit(_keep, seen)

    def _progress(self, stage: dict[str, Any] | None, seen: SeenBatches) -> str:
        """What was done, what is missing, and what to do about it."""
        settings = self._settings
        manifest = client("s3").get_object(Bucket=self._bucket, Key=settings.manifest_key)["Body"]
        total, done = sum(1 for _ in read_lines(manifest.iter_chunks(1 << 20))), seen.look()
        of_stage = "" if stage is None else f" of stage {stage['number']}"
        return (
            f"{done} of {total} batches{of_stage} were done and {total - done} are missing;"
            f" `fanfleet run --resume {settings.run_id}` does only these."
        )

    def put_info(self, error: dict[str, str] | None, **facts: Any) -> None:
        """Write arm.json. `facts` take the place of those of the fleet."""
        fleet = self._fleet
        info = {
            "arm": "fleet",
            "round": self._settings.round,
            "engine": fleet.settings.engine,
            "versions": fleet.versions(),
            "settings": {
                "attempts": str(self._attempts),
                "stallSeconds": str(fleet.settings.stall_s),
                **fleet.cluster.settings(),
            },
            "status": "succeeded" if error is None else "failed",
            "error": error,
            "workersRequested": fleet.settings.workers,
            "workersJoined": len(fleet.joined),
            **({"workerStarts": self._worker_starts()} if fleet.settings.scaling_subnets else {}),
            "clusterStatus": fleet.cluster_status(),
            "dashboard": fleet.dashboard,
            "hosts": fleet.host_reports(),
            "jobStartedAt": fleet.started_at,
            "workersReadyAt": fleet.workers_ready_at,
            "engineStartedAt": self._engine_started_at,
            "engineEndedAt": self.engine_ended_at,
            "clock": fleet.server_clock.offset(),
            **facts,
        }
        body, key = json.dumps(info).encode(), f"{self._settings.arm_prefix}arm.json"
        client("s3").put_object(Bucket=self._bucket, Key=key, Body=body, ContentType="application/json")

    def _worker_starts(self) -> list[dict[str, Any]]:
        """The calls for more workers, as `workerStartSchema` of src/fleet/worker-starts.ts."""
        s3, key = client("s3"), f"{self._settings.arm_prefix}starts.json"
        if key not in list_keys(s3, self._bucket, key):
            return []
        return json.loads(s3.get_object(Bucket=self._bucket, Key=key)["Body"].read())["starts"]


def _keep(seen: SeenBatches) -> None:
    """The batches that were done since the last look, too. Only times depend on it: no reason to fail."""
    try:
        seen.look()
        seen.write()
    except (BotoCoreError, ClientError) as reason:
        say(f"when batches were seen is not told: {reason}")


def error_of(reason: Exception, step: str) -> dict[str, str]:
    """As arm.json and Step Functions get it."""
    code = reason.code if isinstance(reason, StepFailed) else "HeadFailed"
    return {"code": code, "message": f"step {step}: {reason}"[:900]}


def _now() -> float:
    """Epoch milliseconds."""
    return time.time() * 1000
