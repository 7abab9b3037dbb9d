"""The fleet as its head has it: the cluster, the workers that are there, and the engine, for one job or for many."""

import json
import os
import sys
import threading
import time
from importlib.metadata import version
from typing import Any

from fanfleet import host
from fanfleet.aws import client, list_keys
from fanfleet.clusters import cluster_of
from fanfleet.clusters.cluster import WorkerState
from fanfleet.engine_run import EngineRunner
from fanfleet.metadata import Metadata
from fanfleet.server_clock import ServerClock
from fanfleet.settings import Settings
from fanfleet.steps import StepFailed, Steps, say
from fanfleet.watch import HostWatch, StatesWatch

POLL_S = 0.5

PATIENCE_S = 45.0
"""How long the first worker waits for others: all are launched together, and boot in about the same time."""


class StandingFleet:
    def __init__(self, settings: Settings, steps: Steps) -> None:
        self.settings = settings
        self.steps = steps
        self.cluster = cluster_of(settings.engine)
        self.server_clock = ServerClock()
        self.server_clock.attach(client("s3"))
        self.started_at = time.time() * 1000
        self.workers_ready_at = 0.0
        self.joined: list[str] = []
        """Addresses of the workers that were there when the first job could begin."""
        self.alive: set[str] = set()
        self.seen: set[str] = set()
        self.status = ""
        self.dashboard = ""
        self.head_report: dict[str, Any] = {}
        self.engine: EngineRunner | None = None
        self._watches: list[HostWatch | StatesWatch] = []
        self._asking = threading.Thread(target=self._ask_status)
        self._reports: dict[str, dict[str, Any]] = {}

    def boot(self, secret: str) -> None:
        """Start the cluster and wait for its workers. Raises StepFailed with a code for Step Functions."""
        settings, steps, cluster, s3 = self.settings, self.steps, self.cluster, client("s3")
        with steps.step("identity"):
            me = host.identify(Metadata())
        os.environ.update(cluster.environment(secret, me.address), FANFLEET_INSTANCE_ID=me.instance_id)
        bucket, folder = settings.runs_bucket, settings.folder
        self._watch(HostWatch(s3, bucket, f"{folder}metrics/{me.instance_id}.jsonl", is_kept=bool(settings.fleet)))
        with steps.step("cluster"):
            cluster.start_head(me, settings, dict(os.environ))
        self.dashboard = cluster.dashboard(me)
        self.head_report = host.report(me, "head", settings, steps)
        host.put_report(s3, settings, self.head_report)
        self._watch(StatesWatch(s3, bucket, f"{folder}workers.json", self._states))
        self.engine = EngineRunner([sys.executable, "-m", f"engines.{settings.engine}"], dict(os.environ))
        # It connects while the workers boot.
        self.engine.start()
        with steps.step("workers"):
            self._wait_for_workers()
        self._asking.start()

    def end(self) -> None:
        """Let the engine leave the cluster, which ends with this host; then tell the last of hosts and workers."""
        if self.engine is not None:
            self.engine.stop()
        for watch in self._watches:
            watch.stop()

    def cluster_status(self) -> str:
        """In the engine's own words, once the workers had joined; empty where nobody could be asked."""
        if self._asking.ident is not None:
            self._asking.join()
        return self.status

    def versions(self) -> dict[str, str]:
        own = ("daft",) if self.settings.engine == "daft" else ()
        names = (*own, *self.cluster.packages, "pillow", "boto3")
        return {"python": sys.version.split()[0], **{name: version(name) for name in names}}

    def host_reports(self) -> list[dict[str, Any]]:
        """Of the head, and of the workers that were ever in this cluster: an earlier try may have left others."""
        if not self.head_report:
            return []
        if not self.seen <= self._reports.keys():
            self._reports = self._read_reports()
        workers = [self._reports[address] for address in sorted(self.seen) if address in self._reports]
        return [self.head_report, *workers]

    def _watch(self, watch: HostWatch | StatesWatch) -> None:
        self._watches.append(watch)
        watch.start()

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
        self.workers_ready_at = time.time() * 1000
        if not self.joined:
            message = f"Expected {wanted} workers to join before the join deadline but none did."
            raise StepFailed("NoWorkers", message) from unknown
        if len(self.joined) < wanted:
            say(f"going on with {len(self.joined)} of {wanted} workers: the others are late")

    def _ask_status(self) -> None:
        try:
            self.status = self.cluster.status(dict(os.environ), len(self.joined) + 1)
        except StepFailed as reason:
            say(str(reason))

    def _read_reports(self) -> dict[str, dict[str, Any]]:
        """By address, the latest of each."""
        s3, bucket = client("s3"), self.settings.runs_bucket
        keys = list_keys(s3, bucket, f"{self.settings.folder}hosts/")
        reports = [json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read()) for key in keys]
        return {report["address"]: report for report in sorted(reports, key=lambda report: report["readyAt"])}
