"""The head: start the cluster, wait for its workers, run the engine, and tell Step Functions how it ended."""

import json
import os
import sys
import threading
import time
import traceback
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

from fanfleet import host, ray_cluster
from fanfleet.aws import client, list_keys
from fanfleet.engine_run import Watch, run_engine
from fanfleet.secrets import read_secrets
from fanfleet.settings import Settings
from fanfleet.steps import StepFailed, Steps, say
from fanfleet.task_token import TaskToken

REPORT_RESERVE_S = 30.0
"""What is kept of the deadline to stop the engine and to report."""

PACKAGES = ("ray", "daft", "pillow", "boto3")


class Job:
    """The facts of `fleetInfoSchema` (src/fleet/arm-info.ts) as they come to be known."""

    def __init__(self, settings: Settings, steps: Steps) -> None:
        self.settings = settings
        self.steps = steps
        self.started_at = _now()
        self.workers_ready_at = 0.0
        self.engine_started_at = 0.0
        self.engine_ended_at = 0.0
        self.joined: list[str] = []
        self.attempts = 0
        self.cluster_status = ""
        self.head_report: dict[str, Any] = {}
        self.dashboard = ""

    def run(self, ray_token: str, is_unwanted: Callable[[], bool]) -> None:
        """Raise StepFailed with a code for Step Functions."""
        settings, steps = self.settings, self.steps
        with steps.step("identity"):
            me = host.identify()
        os.environ.update(ray_cluster.environment(ray_token, me.address), FANFLEET_INSTANCE_ID=me.instance_id)
        with steps.step("ray"):
            ray_cluster.start_head(me.address, settings.temp_dir, dict(os.environ))
        self.dashboard = f"http://{me.address}:{ray_cluster.DASHBOARD_PORT}"
        self.head_report = host.report(me, "head", settings, steps)
        host.put_report(client("s3"), settings, self.head_report)
        with steps.step("workers"):
            self._wait_for_workers()
        asking = threading.Thread(target=self._ask_status)
        asking.start()
        try:
            with steps.step("engine"):
                self._run_engine(is_unwanted)
        finally:
            asking.join()

    def _wait_for_workers(self) -> None:
        wanted = self.settings.workers
        until = self.settings.boot_started_at / 1000 + self.settings.join_deadline_s
        self.joined = ray_cluster.wait_for_workers(wanted, until)
        self.workers_ready_at = _now()
        if not self.joined:
            raise StepFailed("NoWorkers", f"Expected {wanted} workers to join before the join deadline but none did.")
        if len(self.joined) < wanted:
            say(f"going on with {len(self.joined)} of {wanted} workers: the others missed the join deadline")

    def _ask_status(self) -> None:
        self.cluster_status = ray_cluster.status(len(self.joined) + 1)

    def _run_engine(self, is_unwanted: Callable[[], bool]) -> None:
        settings = self.settings
        bucket, s3 = settings.runs_bucket, client("s3")
        command = [
            *(sys.executable, "-m", f"engines.{settings.engine}"),
            *("--manifest", f"s3://{bucket}/{settings.manifest_key}"),
            *("--out", f"s3://{bucket}/{settings.arm_prefix}"),
            *("--operation", settings.operation, "--normalisation", settings.normalisation),
            *("--bucket", settings.data_bucket, "--round", str(settings.round)),
        ]
        watch = Watch(
            deadline=settings.boot_started_at / 1000 + settings.deadline_s - REPORT_RESERVE_S,
            stall_s=settings.stall_s,
            is_unwanted=is_unwanted,
            count_done=lambda: len(list_keys(s3, bucket, f"{settings.arm_prefix}spans/")),
        )
        self.engine_started_at = _now()
        try:
            self.attempts = run_engine(command, dict(os.environ), watch)
        finally:
            self.engine_ended_at = _now()

    def info(self, error: dict[str, str] | None) -> dict[str, Any]:
        settings = self.settings
        return {
            "arm": "fleet",
            "round": settings.round,
            "engine": settings.engine,
            "versions": {"python": sys.version.split()[0], **{name: version(name) for name in PACKAGES}},
            "settings": {
                "attempts": str(self.attempts),
                "stallSeconds": str(settings.stall_s),
                "objectStoreBytes": str(ray_cluster.OBJECT_STORE_BYTES),
            },
            "status": "succeeded" if error is None else "failed",
            "error": error,
            "workersRequested": settings.workers,
            "workersJoined": len(self.joined),
            "clusterStatus": self.cluster_status,
            "dashboard": self.dashboard,
            "hosts": [self.head_report, *self._worker_reports()] if self.head_report else [],
            "jobStartedAt": self.started_at,
            "workersReadyAt": self.workers_ready_at,
            "engineStartedAt": self.engine_started_at,
            "engineEndedAt": self.engine_ended_at,
        }

    def _worker_reports(self) -> list[dict[str, Any]]:
        """Of the workers in this cluster; an earlier try of the round may have left reports of others."""
        s3, bucket = client("s3"), self.settings.runs_bucket
        keys = list_keys(s3, bucket, f"{self.settings.arm_prefix}hosts/")
        reports = [json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read()) for key in keys]
        reports.sort(key=lambda report: report["readyAt"])
        latest = {report["address"]: report for report in reports}
        return [latest[address] for address in self.joined if address in latest]


def main() -> int:
    """0 once Step Functions has been told; an exception leaves that to the boot script."""
    settings = Settings.from_environment()
    steps = Steps(settings.steps_file)
    job = Job(settings, steps)
    with steps.step("secrets"):
        secrets = read_secrets(client("ssm"), settings.parameter)
    token = TaskToken(client("stepfunctions"), secrets.task_token)
    token.start()
    error = None
    try:
        job.run(secrets.ray_token, token.gone.is_set)
    except Exception as reason:
        traceback.print_exc()
        code = reason.code if isinstance(reason, StepFailed) else "HeadFailed"
        error = {"code": code, "message": f"step {steps.current}: {reason}"[:900]}
    put_info(settings, job.info(error))
    if error is None:
        token.succeed({"status": "succeeded", "workersJoined": len(job.joined)})
    else:
        token.fail(error["code"], error["message"])
    outcome = "succeeded" if error is None else f"failed with {error['code']}"
    say(f"{outcome} {(_now() - settings.boot_started_at) / 1000:.1f} s after the boot")
    return 0


def put_info(settings: Settings, info: dict[str, Any]) -> None:
    body = json.dumps(info).encode()
    key = f"{settings.arm_prefix}arm.json"
    client("s3").put_object(Bucket=settings.runs_bucket, Key=key, Body=body, ContentType="application/json")


def _now() -> float:
    """Epoch milliseconds."""
    return time.time() * 1000


if __name__ == "__main__":
    sys.exit(main())
