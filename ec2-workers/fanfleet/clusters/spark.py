"""Spark, standalone: a master on the head, and one executor on each worker with a Python process for each CPU."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from fanfleet.clusters import spark_archive, spark_home
from fanfleet.clusters.cluster import State, WorkerState
from fanfleet.clusters.processes import end, head_start_s, join_until, start_listening, wait_for_port
from fanfleet.clusters.spark_gateway import HEAP
from fanfleet.engines import dashboard_port
from fanfleet.host import Host, cpus
from fanfleet.settings import Settings
from fanfleet.steps import StepFailed
from fanfleet.watch import STATES_EVERY_S

PORT = 7077
DASHBOARD_PORT = dashboard_port("spark")
WORKER_UI_PORT = 8081
POLL_S = 0.5
SEEN_S = 3 * STATES_EVERY_S

DAEMON_HEAP = "256m"

# Spark waits one to two minutes for a host that vanished.
_LOSSES = {
    "spark.network.timeout": "20s",
    "spark.network.timeoutInterval": "5s",
    "spark.executor.heartbeatInterval": "5s",
    "spark.worker.timeout": "15",
    "spark.task.maxFailures": "10",
    "spark.speculation": "true",
    # The defaults of Spark 4; up to 3.5 they were 1.5 and 0.75, which has far more done twice.
    "spark.speculation.multiplier": "3",
    "spark.speculation.quantile": "0.9",
    "spark.decommission.enabled": "true",
}

_DEFAULTS = {
    **_LOSSES,
    "spark.authenticate": "true",
    "spark.network.crypto.enabled": "true",
    "spark.master.rest.enabled": "false",
    "spark.master.ui.decommission.allow.mode": "DENY",
    "spark.ui.killEnabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.driver.memory": HEAP,
    "spark.executor.memory": HEAP,
    "spark.python.daemon.module": "fanfleet.clusters.spark_daemon",
    # Below it lies pyspark in a zip, which executors would put before the package: nothing in it is ever compiled.
    "spark.executorEnv.SPARK_HOME": "/nonexistent",
}

_SECRET = "_SPARK_AUTH_SECRET"
"""Where executors get it from; a driver reads it from the file of properties alone."""

_STATES: dict[str, State] = {"ALIVE": "ALIVE", "DECOMMISSIONED": "LEFT"}


class SparkCluster:
    """All talk between its processes needs the secret."""

    def __init__(self) -> None:
        self._left: set[str] = set()

    def environment(self, secret: str, head_address: str) -> dict[str, str]:
        binaries = Path(sys.executable).parent
        return {
            **_own_address(head_address),
            _SECRET: secret,
            "SPARK_MASTER_URL": f"spark://{head_address}:{PORT}",
            "SPARK_HOME": str(_spark()),
            "SPARK_CONF_DIR": str(spark_home.folder() / "conf"),
            "SPARK_LOCAL_DIRS": str(spark_home.folder() / "local"),
            "JAVA_HOME": str(spark_home.folder() / "java"),
            # A worker that was not started by spark-class has to be told, to start executors.
            "SPARK_SCALA_VERSION": "2.13",
            # A driver tells executors the name of its Python; by its path they would have to have it in the same place.
            "PYSPARK_PYTHON": "python",
            "PATH": f"{binaries}:{os.environ['PATH']}",
        }

    def settings(self) -> Mapping[str, str]:
        return {**_LOSSES, "spark.executor.memory": HEAP}

    def start_head(self, me: Host, settings: Settings, env: dict[str, str]) -> None:
        spark_home.write(_properties(settings), env[_SECRET])
        command = [
            *_daemon("org.apache.spark.deploy.master.Master"),
            *("--host", me.address, "--port", str(PORT), "--webui-port", str(DASHBOARD_PORT)),
        ]
        # The master opens its dashboard last, and is asked there who is alive.
        start_listening(command, env, me.address, DASHBOARD_PORT, head_start_s(settings))

    def dashboard(self, me: Host) -> str:
        return f"http://{me.address}:{DASHBOARD_PORT}"

    def join(self, me: Host, settings: Settings, env: dict[str, str], until: float) -> "subprocess.Popen[str]":
        spark_home.write(_properties(settings), env[_SECRET])
        master = env["SPARK_MASTER_URL"]
        wait_for_port(str(urlsplit(master).hostname), PORT, until)
        command = [
            *_daemon("org.apache.spark.deploy.worker.Worker"),
            *("--host", me.address, "--webui-port", str(WORKER_UI_PORT)),
            *("--cores", str(cpus()), "--memory", HEAP, "--work-dir", str(spark_home.folder() / "work"), master),
        ]
        return join_until(command, {**env, **_own_address(me.address)}, "Successfully registered with master", until)

    def drain(self, me: Host, env: dict[str, str], process: "subprocess.Popen[str]", within_s: float) -> None:
        """A decommissioned worker starts no executor, and the one that it has ends once it is idle."""
        until = time.time() + within_s
        process.send_signal(signal.SIGPWR)
        while process.poll() is None and time.time() < until:
            time.sleep(POLL_S)
            worker = _ask(f"http://{me.address}:{WORKER_UI_PORT}/json/")
            if not worker["executors"]:
                break
        try:
            self._stay_until_seen(env, until)
        finally:
            end(process)

    def _stay_until_seen(self, env: dict[str, str], until: float) -> None:
        """The master takes a worker for dead as soon as its process has ended, so the head is given time to look."""
        until = min(until, time.time() + SEEN_S)
        while time.time() < until:
            master = self._master(env)
            if master["completedapps"] and not master["activeapps"]:
                break  # The work is over, and nobody looks any more.
            time.sleep(POLL_S)

    def states(self, env: dict[str, str]) -> list[WorkerState]:
        workers = self._master(env)["workers"]
        self._left |= {worker["id"] for worker in workers if worker["state"] == "DECOMMISSIONED"}
        states: dict[str, State] = {}
        for worker in workers:
            state = "LEFT" if worker["id"] in self._left else _STATES.get(worker["state"], "DEAD")
            if states.get(worker["host"]) != "ALIVE":
                states[worker["host"]] = state
        return [WorkerState(address, state) for address, state in states.items()]

    def status(self, env: dict[str, str], nodes: int) -> str:
        """The master's JSON without its history."""
        master = self._master(env)
        return json.dumps({name: master[name] for name in ("url", "status", "cores", "memory", "workers")}, indent=1)

    def _master(self, env: Mapping[str, str]) -> Any:
        return _ask(f"http://{urlsplit(env['SPARK_MASTER_URL']).hostname}:{DASHBOARD_PORT}/json/")


def _properties(settings: Settings) -> dict[str, str]:
    """The driver has a page of its own, which nobody may open unless the stack says who."""
    port = str(dashboard_port("spark", "job"))
    return {**_DEFAULTS, "spark.ui.enabled": str(settings.dashboard).lower(), "spark.ui.port": port}


def _daemon(name: str) -> list[str]:
    """As spark-class would start it, which takes another JVM to find this out."""
    folder = spark_home.folder()
    java, path = str(folder / "java/bin/java"), f"{spark_archive.jars()}:{folder / 'conf'}/"
    return [java, f"-Xmx{DAEMON_HEAP}", "-cp", path, name]


def _spark() -> Path:
    """Where pyspark lies, found without importing it."""
    spec = find_spec("pyspark")
    if spec is None or not spec.submodule_search_locations:
        raise StepFailed("HeadStartFailed", "Expected the package pyspark but it is not installed.")
    return Path(spec.submodule_search_locations[0])


def _own_address(address: str) -> dict[str, str]:
    """What Spark's processes of a host bind, and call themselves."""
    return {"SPARK_LOCAL_IP": address, "SPARK_LOCAL_HOSTNAME": address}


def _ask(url: str) -> Any:
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return json.load(answer)
    except (OSError, ValueError) as reason:  # A master that is about to be ready answers without JSON.
        raise StepFailed("StatesUnknown", f"Expected Spark to answer at {url} but got {reason}") from reason
