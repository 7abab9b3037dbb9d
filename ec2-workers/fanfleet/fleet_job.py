"""One job on a fleet: the engine does the batches of its manifest, and the facts of it come to be known."""

import json
import time
from collections.abc import Callable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

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
        self._seen_batches = SeenBatches(later("s3"), self._bucket, settings.arm_prefix)
        self._engine_started_at = 0.0
        self.engine_ended_at = 0.0
        self._attempts = 0

    def run(self, deadline: float, is_unwanted: Callable[[], bool]) -> None:
        """Have it done by `deadline` (of time.time()), less the time to report.

        Raises StepFailed with a code for Step Functions.
        """
        fleet = self._fleet
        assert fleet.engine is not None
        watch = Watch(
            deadline=deadline - REPORT_RESERVE_S,
            stall_s=fleet.settings.stall_s,
            alone_s=fleet.settings.alone_s,
            is_unwanted=is_unwanted,
            count_done=self._seen_batches.look,
            has_workers=lambda: bool(fleet.alive),
        )
        self._engine_started_at = _now()
        try:
            self._attempts = fleet.engine.run(self._settings.engine_arguments(self._bucket), watch)
        except StepFailed as reason:
            raise StepFailed(reason.code, f"{self._progress()} {reason}") from reason
        finally:
            self.engine_ended_at = _now()
            self._keep_seen()

    def _keep_seen(self) -> None:
        """The batches that were done since the last look, too. Only times depend on it: no reason to fail."""
        try:
            self._seen_batches.look()
            self._seen_batches.write()
        except (BotoCoreError, ClientError) as reason:
            say(f"when batches were seen is not told: {reason}")

    def _progress(self) -> str:
        """What was done, what is missing, and what to do about it."""
        settings = self._settings
        manifest = client("s3").get_object(Bucket=self._bucket, Key=settings.manifest_key)["Body"]
        total, done = sum(1 for _ in read_lines(manifest.iter_chunks(1 << 20))), self._seen_batches.look()
        return (
            f"{done} of {total} batches were done and {total - done} are missing;"
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


def error_of(reason: Exception, step: str) -> dict[str, str]:
    """As arm.json and Step Functions get it."""
    code = reason.code if isinstance(reason, StepFailed) else "HeadFailed"
    return {"code": code, "message": f"step {step}: {reason}"[:900]}


def _now() -> float:
    """Epoch milliseconds."""
    return time.time() * 1000
