"""Dask: a scheduler on the head, and a process of one thread for each CPU of a worker, over TLS."""

import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from fanfleet.clusters.cluster import State, WorkerState
from fanfleet.clusters.dask_credentials import credentials
from fanfleet.clusters.processes import end, join_until, start_listening, wait_for_port
from fanfleet.host import Host, cpus
from fanfleet.settings import Settings
from fanfleet.steps import StepFailed

PORT = 8786
DASHBOARD_PORT = 8787
START_S = 60.0
ANSWER_S = 20.0
POLL_S = 0.5

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


class DaskCluster:
    """Whoever has the fleet's secret can make the certificate that all sides ask for."""

    packages = ("distributed",)

    def environment(self, secret: str, head_address: str) -> dict[str, str]:
        certificate, key = credentials(secret)
        tls = {"DASK_DISTRIBUTED__COMM__TLS__CA_FILE": certificate}
        for side in ("SCHEDULER", "WORKER", "CLIENT"):
            tls[f"DASK_DISTRIBUTED__COMM__TLS__{side}__CERT"] = certificate
            tls[f"DASK_DISTRIBUTED__COMM__TLS__{side}__KEY"] = key
        return {
            **_LOSSES,
            **tls,
            "DASK_DISTRIBUTED__COMM__REQUIRE_ENCRYPTION": "True",
            "DASK_SCHEDULER_ADDRESS": f"tls://{head_address}:{PORT}",
            "PYTHONUNBUFFERED": "1",
        }

    def settings(self) -> Mapping[str, str]:
        return _LOSSES

    def start_head(self, me: Host, settings: Settings, env: dict[str, str]) -> None:
        command = [
            *(sys.executable, "-m", "distributed.cli.dask_scheduler"),
            *("--host", me.address, "--port", str(PORT), "--protocol", "tls"),
            *("--dashboard-address", f"{me.address}:{DASHBOARD_PORT}"),
        ]
        start_listening(command, env, me.address, PORT, START_S)

    def dashboard(self, me: Host) -> str:
        return f"http://{me.address}:{DASHBOARD_PORT}"

    def join(self, me: Host, settings: Settings, env: dict[str, str], until: float) -> "subprocess.Popen[str]":
        scheduler = urlsplit(env["DASK_SCHEDULER_ADDRESS"])
        wait_for_port(str(scheduler.hostname), PORT, until)
        command = [
            *(sys.executable, "-m", "distributed.cli.dask_worker", env["DASK_SCHEDULER_ADDRESS"]),
            # Without a dashboard there still is a page with the process's state, on all interfaces if it is not told.
            *("--host", me.address, "--protocol", "tls", "--no-dashboard", "--dashboard-address", f"{me.address}:0"),
            *("--nworkers", str(cpus()), "--nthreads", "1"),
            *("--local-directory", str(settings.temp_dir / "dask")),
        ]
        return join_until(command, env, "Registered to:", until)

    def drain(self, me: Host, env: dict[str, str], process: "subprocess.Popen[str]", within_s: float) -> None:
        until = time.time() + within_s
        with _answering(env) as client:
            workers = client.scheduler_info(n_workers=-1)["workers"]
            mine = [address for address in workers if _host(address) == me.address]
            if mine:
                client.run(_take_no_more, workers=mine)
                while any(client.run(_is_busy, workers=mine).values()) and time.time() < until:
                    time.sleep(POLL_S)
                client.retire_workers(mine)
        try:
            process.wait(max(0.0, until - time.time()))
        except subprocess.TimeoutExpired:
            end(process)

    def states(self, env: dict[str, str]) -> list[WorkerState]:
        """A host is alive while one of its processes is. The scheduler's log has those that went."""
        states: dict[str, State] = {}
        with _answering(env) as client:
            events = [event for _, event in client.get_events("all")]
            alive = {_host(address) for address in client.scheduler_info(n_workers=-1)["workers"]}
        for event in events:
            if event["action"] == "remove-worker":
                states[_host(event["worker"])] = "LEFT" if event["expected"] else "DEAD"
        states.update(dict.fromkeys(alive, "ALIVE"))
        return [WorkerState(address, state) for address, state in states.items()]

    def status(self, env: dict[str, str], nodes: int) -> str:
        with _answering(env) as client:
            return repr(client)


@contextmanager
def _answering(env: Mapping[str, str]) -> Iterator[Any]:
    """The client of this process; StepFailed where the scheduler does not answer it."""
    try:
        yield _client(env["DASK_SCHEDULER_ADDRESS"])
    except (OSError, TimeoutError) as reason:
        raise StepFailed("StatesUnknown", f"Expected Dask's scheduler to answer but got {reason!r}") from reason


@cache
def _client(address: str) -> Any:
    """It takes its credentials from the environment of this process."""
    from distributed import Client

    return Client(address, timeout=ANSWER_S, set_as_default=False)


def _host(address: str) -> str:
    """`tls://10.0.1.4:33333` as 10.0.1.4."""
    return str(urlsplit(address).hostname)


def _take_no_more(dask_worker: Any) -> None:
    from distributed.core import Status

    dask_worker.status = Status.closing_gracefully


def _is_busy(dask_worker: Any) -> bool:
    return bool(dask_worker.state.executing)
