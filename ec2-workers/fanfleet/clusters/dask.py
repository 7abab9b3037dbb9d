"""Dask: a scheduler on the head, and a process of one thread for each CPU of a worker, over TLS."""

import json
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from fanfleet.clusters.cluster import State, WorkerState
from fanfleet.clusters.dask_credentials import credentials
from fanfleet.clusters.processes import end, head_start_s, join_until, start_listening
from fanfleet.engines import dashboard_port
from fanfleet.host import Host, cpus
from fanfleet.settings import Settings
from fanfleet.steps import StepFailed

PORT = 8786
DASHBOARD_PORT = dashboard_port("dask")
_SCHEDULER = "fanfleet.clusters.dask_scheduler"

# Dask reads its configuration from DASK_ variables: `__` is a step down. It waits 30 s to 5 min by itself.
_LOSSES = {
    "DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT": "10s",
    "DASK_DISTRIBUTED__COMM__TIMEOUTS__TCP": "15s",
    "DASK_DISTRIBUTED__SCHEDULER__WORKER_TTL": "20s",
    # How many workers may die under a task; the engine's own deadline ends what never goes well.
    "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "10",
    # No batch waits at a worker while another worker is idle.
    "DASK_DISTRIBUTED__SCHEDULER__WORKER_SATURATION": "1.0",
}

# By default a process looks 50 times a second whether its event loop is late, to warn of 3 s. A fleet that waits takes
# three times as much of its processors by that, and by what follows.
_TICKS = {"DASK_DISTRIBUTED__ADMIN__TICK__INTERVAL": "500ms"}

# They have no password. Where nobody is to open a dashboard, there is nothing to open at its port at all.
_NO_PAGES = {f"DASK_DISTRIBUTED__{side}__HTTP__ROUTES": "[]" for side in ("SCHEDULER", "WORKER")}
# A worker looks 100 times a second what its threads do, which only the dashboard shows.
_NO_PROFILE = {"DASK_DISTRIBUTED__WORKER__PROFILE__ENABLED": "False"}

# Of numpy, which a dashboard imports: nothing is computed there.
_NO_THREADS = {"OPENBLAS_NUM_THREADS": "1"}


class DaskCluster:
    """Whoever has the fleet's secret can make the certificate that all sides ask for."""

    def __init__(self) -> None:
        self._dashboard = ""
        self._workers_file = Path()
        self._scheduler: subprocess.Popen[bytes] | None = None

    def environment(self, secret: str, head_address: str) -> dict[str, str]:
        certificate, key = credentials(secret)
        tls = {"DASK_DISTRIBUTED__COMM__TLS__CA_FILE": certificate}
        for side in ("SCHEDULER", "WORKER", "CLIENT"):
            tls[f"DASK_DISTRIBUTED__COMM__TLS__{side}__CERT"] = certificate
            tls[f"DASK_DISTRIBUTED__COMM__TLS__{side}__KEY"] = key
        return {
            **_LOSSES,
            **_TICKS,
            **tls,
            "DASK_DISTRIBUTED__COMM__REQUIRE_ENCRYPTION": "True",
            "DASK_SCHEDULER_ADDRESS": f"tls://{head_address}:{PORT}",
            "PYTHONUNBUFFERED": "1",
        }

    def settings(self) -> Mapping[str, str]:
        return _LOSSES

    def start_head(self, me: Host, settings: Settings, env: dict[str, str]) -> None:
        command = [
            *(sys.executable, "-m", _SCHEDULER, "--preload", _SCHEDULER),
            *("--host", me.address, "--port", str(PORT), "--protocol", "tls"),
            *("--dashboard-address", f"{me.address}:{DASHBOARD_PORT}"),
            # Bokeh, which draws it, takes as long to import as all the rest.
            "--dashboard" if settings.dashboard else "--no-dashboard",
        ]
        self._dashboard = f"http://{me.address}:{DASHBOARD_PORT}" if settings.dashboard else ""
        pages = {} if settings.dashboard else _NO_PAGES
        self._workers_file = settings.temp_dir / "dask-workers.json"
        variables = {**env, **pages, **_NO_THREADS, "FANFLEET_DASK_WORKERS": str(self._workers_file)}
        self._scheduler = start_listening(command, variables, me.address, PORT, head_start_s(settings))

    def dashboard(self, me: Host) -> str:
        return self._dashboard

    def join(self, me: Host, settings: Settings, env: dict[str, str], until: float) -> "subprocess.Popen[str]":
        command = [
            *(sys.executable, "-m", "fanfleet.clusters.dask_node", "--scheduler", env["DASK_SCHEDULER_ADDRESS"]),
            *("--address", me.address, "--processes", str(cpus()), "--until", str(until)),
            *("--folder", str(settings.temp_dir / "dask")),
        ]
        profile = {} if settings.dashboard else _NO_PROFILE
        return join_until(command, {**env, **_NO_PAGES, **profile}, "Registered to:", until)

    def drain(self, me: Host, env: dict[str, str], process: "subprocess.Popen[str]", within_s: float) -> None:
        # `DRAIN` of dask_node.py.
        process.send_signal(signal.SIGUSR1)
        try:
            process.wait(within_s)
        except subprocess.TimeoutExpired:
            end(process)

    def states(self, env: dict[str, str]) -> list[WorkerState]:
        """A host is alive while one of its processes is."""
        workers = self._workers()
        states: dict[str, State] = {}
        for address, was_expected in workers["gone"].items():
            states[_host(address)] = "LEFT" if was_expected else "DEAD"
        states.update({_host(address): "ALIVE" for address in workers["alive"]})
        return [WorkerState(address, state) for address, state in states.items()]

    def status(self, env: dict[str, str], nodes: int) -> str:
        alive = self._workers()["alive"]
        return f"scheduler {env['DASK_SCHEDULER_ADDRESS']}, {len(alive)} processes:\n" + "\n".join(sorted(alive))

    def _workers(self) -> Any:
        """As the scheduler has written them (dask_scheduler.py)."""
        if self._scheduler is None or self._scheduler.poll() is not None:
            raise StepFailed("StatesUnknown", "Expected Dask's scheduler to run but it has ended.")
        try:
            return json.loads(self._workers_file.read_text())
        except (OSError, ValueError) as reason:  # It listens before it has written any.
            raise StepFailed("StatesUnknown", f"Dask's scheduler has not told its workers: {reason!r}") from reason


def _host(address: str) -> str:
    """`tls://10.0.1.4:33333` as 10.0.1.4."""
    return str(urlsplit(address).hostname)
