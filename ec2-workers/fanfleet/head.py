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

from botocore.exceptions import BotoCoreError, ClientError

from fanfleet import host
from fanfleet.aws import client, list_keys
from fanfleet.clusters import cluster_of
from fanfleet.clusters.cluster import WorkerState
from fanfleet.engine_run import Watch, run_engine
from fanfleet.manifest import read_lines
from fanfleet.metadata import Metadata
from fanfleet.secrets import read_secrets
from fanfleet.seen_batches import SeenBatches
from fanfleet.server_clock import ServerClock
from fanfleet.settings import Settings
from fanfleet.steps import StepFailed, Steps, say
from fanfleet.task_token import TaskToken
from fanfleet.watch import HostWatch, StatesWatch

REPORT_RESERVE_S = 30.0
"""What is kept of the deadline to stop the engine and to report."""

POLL_S = 0.5

PATIENCE_S = 45.0
"""How long the first worker waits for others: all are launched together, and boot in about the same time."""


class Job:
    """The facts of `fleetInfoSchema` (src/fleet/arm-info.ts) as they come to be known."""

    def __init__(self, settings: Settings, steps: Steps) -> None:
        self.settings = settings
        self.steps = steps
        self.cluster = cluster_of(settings.engine)
        self.server_clock = ServerClock()
        self.server_clock.attach(client("s3"))
        self.seen_batches = SeenBatches(client("s3"), settings.runs_bucket, settings.arm_prefix)
        self.started_at = _now()
        self.workers_ready_at = 0.0
        self.engine_started_at = 0.0
        self.engine_ended_at = 0.0
        self.joined: list[str] = []
        self.alive: set[str] = set()
        self.seen: set[str] = set()
        self.attempts = 0
        self.cluster_status = ""
        self.head_report: dict[str, Any] = {}
        self.dashboard = ""

    def run(self, secret: str, is_unwanted: Callable[[], bool]) -> None:
        """Raise StepFailed with a code for Step Functions."""
        settings, steps, cluster, s3 = self.settings, self.steps, self.cluster, client("s3")
        with steps.step("identity"):
            me = host.identify(Metadata())
        os.environ.update(cluster.environment(secret, me.address), FANFLEET_INSTANCE_ID=me.instance_id)
        bucket, prefix = settings.runs_bucket, settings.arm_prefix
        watches = (
            HostWatch(s3, bucket, f"{prefix}metrics/{me.instance_id}.jsonl"),
            StatesWatch(s3, bucket, f"{prefix}workers.json", self._states),
        )
        watches[0].start()
        try:
            with steps.step("cluster"):
                cluster.start_head(me, settings, dict(os.environ))
            self.dashboard = cluster.dashboard(me)
            self.head_report = host.report(me, "head", settings, steps)
            host.put_report(s3, settings, self.head_report)
            watches[1].start()
            with steps.step("workers"):
                self._wait_for_workers()
            asking = threading.Thread(target=self._ask_status)
            asking.start()
            try:
                with steps.step("engine"):
                    self._run_engine(is_unwanted)
            finally:
                asking.join()
        finally:
            for watch in watches:
                watch.stop()

    def _states(self) -> list[WorkerState]:
        states = self.cluster.states(dict(os.environ))
        self.alive = {worker.address for worker in states if worker.state == "ALIVE"}
        self.seen |= self.alive
        return states

    def _wait_for_workers(self) -> None:
        """Wait for all workers, or for the join deadline; one of them is enough to go on. Late ones are used too."""
        wanted = self.settings.workers
        deadline = self.settings.boot_started_at / 1000 + self.settings.join_deadline_s
        first_came = float("inf")
        unknown = None
        while len(self.alive) < wanted and time.time() < min(deadline, first_came + PATIENCE_S):
            try:
                self._states()
            except StepFailed as reason:
                unknown = reason  # A dashboard may come up later than its cluster.
            if self.alive:
                first_came = min(first_came, time.time())
            time.sleep(POLL_S)
        self.joined = sorted(self.alive)
        self.workers_ready_at = _now()
        if not self.joined:
            message = f"Expected {wanted} workers to join before the join deadline but none did."
            raise StepFailed("NoWorkers", message) from unknown
        if len(self.joined) < wanted:
            say(f"going on with {len(self.joined)} of {wanted} workers: the others are late")

    def _ask_status(self) -> None:
        try:
            self.cluster_status = self.cluster.status(dict(os.environ), len(self.joined) + 1)
        except StepFailed as reason:
            say(str(reason))

    def _run_engine(self, is_unwanted: Callable[[], bool]) -> None:
        settings, bucket = self.settings, self.settings.runs_bucket
        command = [
            *(sys.executable, "-m", f"engines.{settings.engine}"),
            *("--manifest", f"s3://{bucket}/{settings.manifest_key}"),
            *("--out", f"s3://{bucket}/{settings.arm_prefix}"),
            *("--operation", settings.operation, "--normalisation", settings.normalisation),
            *("--depth", settings.depth),
            *("--image-memory", str(settings.image_memory)),
            *("--bucket", settings.data_bucket, "--requester-pays", settings.requester_pays),
            *("--round", str(settings.round)),
        ]
        watch = Watch(
            deadline=settings.boot_started_at / 1000 + settings.deadline_s - REPORT_RESERVE_S,
            stall_s=settings.stall_s,
            is_unwanted=is_unwanted,
            count_done=self.seen_batches.look,
            has_workers=lambda: bool(self.alive),
        )
        self.engine_started_at = _now()
        try:
            self.attempts = run_engine(command, dict(os.environ), watch)
        except StepFailed as reason:
            raise StepFailed(reason.code, f"{self._progress()} {reason}") from reason
        finally:
            self.engine_ended_at = _now()
            self._keep_seen()

    def _keep_seen(self) -> None:
        """The batches that were done since the last look, too. Only times depend on it: no reason to fail."""
        try:
            self.seen_batches.look()
            self.seen_batches.write()
        except (BotoCoreError, ClientError) as reason:
            say(f"when batches were seen is not told: {reason}")

    def _progress(self) -> str:
        """What was done, what is missing, and what to do about it."""
        settings = self.settings
        manifest = client("s3").get_object(Bucket=settings.runs_bucket, Key=settings.manifest_key)["Body"]
        total, done = sum(1 for _ in read_lines(manifest.iter_chunks(1 << 20))), self.seen_batches.look()
        return (
            f"{done} of {total} batches were done and {total - done} are missing;"
            f" `fanfleet run --resume {settings.run_id}` does only these."
        )

    def info(self, error: dict[str, str] | None) -> dict[str, Any]:
        settings = self.settings
        return {
            "arm": "fleet",
            "round": settings.round,
            "engine": settings.engine,
            "versions": {"python": sys.version.split()[0], **{name: version(name) for name in self._packages()}},
            "settings": {
                "attempts": str(self.attempts),
                "stallSeconds": str(settings.stall_s),
                **self.cluster.settings(),
            },
            "status": "succeeded" if error is None else "failed",
            "error": error,
            "workersRequested": settings.workers,
            "workersJoined": len(self.joined),
            **({"workerStarts": self._worker_starts()} if settings.scaling_subnets else {}),
            "clusterStatus": self.cluster_status,
            "dashboard": self.dashboard,
            "hosts": [self.head_report, *self._worker_reports()] if self.head_report else [],
            "jobStartedAt": self.started_at,
            "workersReadyAt": self.workers_ready_at,
            "engineStartedAt": self.engine_started_at,
            "engineEndedAt": self.engine_ended_at,
            "clock": self.server_clock.offset(),
        }

    def _packages(self) -> tuple[str, ...]:
        own = ("daft",) if self.settings.engine == "daft" else ()
        return (*own, *self.cluster.packages, "pillow", "boto3")

    def _worker_reports(self) -> list[dict[str, Any]]:
        """Of the workers in this cluster; an earlier try of the round may have left reports of others."""
        s3, bucket = client("s3"), self.settings.runs_bucket
        keys = list_keys(s3, bucket, f"{self.settings.arm_prefix}hosts/")
        reports = [json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read()) for key in keys]
        reports.sort(key=lambda report: report["readyAt"])
        latest = {report["address"]: report for report in reports}
        return [latest[address] for address in sorted(self.seen) if address in latest]

    def _worker_starts(self) -> list[dict[str, Any]]:
        """The calls for more workers, as `workerStartSchema` of src/fleet/worker-starts.ts."""
        s3, bucket, key = client("s3"), self.settings.runs_bucket, f"{self.settings.arm_prefix}starts.json"
        if key not in list_keys(s3, bucket, key):
            return []
        return json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read())["starts"]


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
        job.run(secrets.cluster, token.gone.is_set)
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
