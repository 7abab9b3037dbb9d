"""The fleet as its head has it: the cluster, the workers that are there, and the engine, for one job or for many."""

import os
import sys
import threading
import time
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

from fanfleet import host
from fanfleet.aws import client, later
from fanfleet.clusters import cluster_of
from fanfleet.clusters.cluster import WorkerState
from fanfleet.engine_run import EngineRunner
from fanfleet.engines import ENGINES
from fanfleet.host_reports import HostReports
from fanfleet.metadata import Metadata
from fanfleet.repeat import Repeat, until_done
from fanfleet.server_clock import ServerClock
from fanfleet.settings import Settings
from fanfleet.steps import StepFailed, Steps, say
from fanfleet.watch import HostWatch, StatesWatch

POLL_S = 0.1

WARM_S = 60.0
"""How long the workers may take to start what their first batches need, before the first job is given anyway."""

TELL_AGAIN_S = 5.0
TELL_S = 10.0
"""A head that ends waits no longer for its own report."""

PATIENCE_S = 45.0
"""How long the first worker waits for others: all are launched together, and boot in about the same time."""


class StandingFleet:
    def __init__(self, settings: Settings, steps: Steps) -> None:
        self.settings = settings
        self.steps = steps
        self.cluster = cluster_of(settings.engine)
        self.metadata = Metadata()
        self.server_clock = ServerClock()
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
        self._host_watch: HostWatch | None = None
        bucket, folder = settings.runs_bucket, settings.folder
        self._states_watch = StatesWatch(later("s3"), bucket, f"{folder}workers.json", self._states)
        self._telling: Repeat | None = None
        self._asking = threading.Thread(target=self._ask_status)
        self._reports = HostReports(later("s3"), settings)

    def boot(self, secret: str, on_cluster: Callable[[], None] = lambda: None) -> None:
        """Start the cluster, call `on_cluster`, and wait for workers. Raises StepFailed with a code for Step Functions.

        What imports boto3 begins no earlier than that: the cluster starts meanwhile.
        """
        settings, steps, cluster = self.settings, self.steps, self.cluster
        with steps.step("identity"):
            me = host.identify(self.metadata)
        os.environ.update(cluster.environment(secret, me.address), FANFLEET_INSTANCE_ID=me.instance_id)
        key = f"{settings.folder}metrics/{me.instance_id}.jsonl"
        self._host_watch = HostWatch(later("s3"), settings.runs_bucket, key, is_kept=bool(settings.fleet))
        self._host_watch.start()
        # Its imports take as long as the cluster does.
        self.engine = EngineRunner([sys.executable, "-m", f"engines.{settings.engine}"], dict(os.environ))
        self.engine.start()
        with steps.step("cluster"):
            cluster.start_head(me, settings, dict(os.environ))
        self.dashboard = cluster.dashboard(me)
        self.head_report = host.report(me, "head", settings, steps)
        # It connects while the workers boot.
        self.engine.connect()
        on_cluster()
        with steps.step("workers"):
            self._wait_for_workers()
        # Only now is there time for what imports boto3, beside the engine.
        self._tell()
        self._asking.start()
        with steps.step("warm-up"):
            self.engine.warm(len(self.joined), WARM_S)
        if settings.fleet:
            # Every engine that takes the place of another one adds its own, in every job to come.
            steps.freeze()

    def end(self) -> None:
        """Let the engine leave the cluster, which ends with this host; then tell the last of hosts and workers."""
        if self.engine is not None:
            self.engine.stop()
        # Where the boot came to nothing, too.
        self._tell()
        if self._host_watch is not None:
            self._host_watch.stop()
        self._states_watch.stop()
        if self._telling is not None:
            self._telling.stop(TELL_S)

    def cluster_status(self) -> str:
        """In the engine's own words, once the workers had joined; empty where nobody could be asked."""
        if self._asking.ident is not None:
            self._asking.join()
        return self.status

    def versions(self) -> dict[str, str]:
        names = (*ENGINES[self.settings.engine]["packages"].values(), "pillow", "boto3")
        return {"python": sys.version.split()[0], **{name: version(name) for name in names}}

    def host_reports(self) -> list[dict[str, Any]]:
        """Of the head, and of the workers that were ever in this cluster: an earlier try may have left others."""
        if not self.head_report:
            return []
        workers = self._reports.of(lambda: self.seen, lambda: self.alive)
        # The head went on after its report: it waited for workers, and its engine connected.
        return [{**self.head_report, "steps": self.steps.all()}, *workers]

    def _tell(self) -> None:
        """Begin to tell of this host and of the workers, if there is something to tell. No boot waits for it."""
        if not self.head_report or self._telling is not None:
            return
        self._telling = until_done("the report of this host", self._put_report, TELL_AGAIN_S)
        self._telling.start()
        self._states_watch.start()

    def _put_report(self) -> None:
        s3 = client("s3")
        self.server_clock.attach(s3)
        host.put_report(s3, self.settings, self.head_report)

    def _states(self) -> list[WorkerState]:
        states = self.cluster.states(dict(os.environ))
        self.alive = {worker.address for worker in states if worker.state == "ALIVE"}
        self.seen |= self.alive
        return states

    def _wait_for_workers(self) -> None:
        """Wait for all workers, or for the join deadline; one of them is enough to go on. Late ones are used too."""
        wanted = self.settings.workers
        deadline = self.settings.join_deadline
        first_came = float("inf")
        unknown = None
        while len(self.alive) < wanted and time.time() < min(deadline, first_came + PATIENCE_S):
            try:
                self._states_watch.heed(self._states())
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
