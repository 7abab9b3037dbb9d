"""Ray: the cluster of the engines `ray` and `daft`."""

import ipaddress
import os
import re
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress

from fanfleet.clusters.cluster import State, WorkerState
from fanfleet.clusters.processes import end, join_until, last_lines, wait_for_port
from fanfleet.host import Host, cpus
from fanfleet.settings import Settings
from fanfleet.steps import StepFailed

OBJECT_STORE_BYTES = 128 * 2**20
"""Tasks and counts are all that goes through the object store; images never do."""

DASHBOARD_PORT = 8265

# A host that vanishes without closing its connections hangs Ray for minutes with the settings it comes with.
_LOSSES = {
    "RAY_grpc_client_keepalive_time_ms": "5000",
    "RAY_grpc_client_keepalive_timeout_ms": "5000",
    "RAY_health_check_period_ms": "1000",
    "RAY_health_check_failure_threshold": "5",
}

_ENVIRONMENT = {
    **_LOSSES,
    "RAY_AUTH_MODE": "token",
    # `ray status` prints what the monitor saw last, which is 5 s old by default.
    "AUTOSCALER_UPDATE_INTERVAL_S": "1",
    "RAY_enable_metrics_collection": "0",
    "RAY_USAGE_STATS_ENABLED": "0",
    "DO_NOT_TRACK": "1",
    "PYTHONUNBUFFERED": "1",
}

_RAY = [sys.executable, "-m", "ray.scripts.scripts"]


def head_port(address: str) -> int:
    """6379. On hosts that share a machine each head has its own, since Ray listens on every interface."""
    host = ipaddress.ip_address(address)
    return 20_000 + int(host) % 10_000 if host.is_loopback else 6379


class RayCluster:
    """The head has none of the cluster's CPUs; all talk needs the token."""

    packages = ("ray",)

    def environment(self, secret: str, head_address: str) -> dict[str, str]:
        address = f"{head_address}:{head_port(head_address)}"
        return {**_ENVIRONMENT, "RAY_AUTH_TOKEN": secret, "RAY_ADDRESS": address}

    def settings(self) -> Mapping[str, str]:
        return {**_LOSSES, "objectStoreBytes": str(OBJECT_STORE_BYTES)}

    def start_head(self, me: Host, settings: Settings, env: dict[str, str]) -> None:
        port = head_port(me.address)
        command = [
            *(
                *_start(me, settings),
                "--head",
                f"--port={port}",
                "--num-cpus=0",
                f"--ray-client-server-port={port + 1}",
            ),
            *("--include-dashboard=true", f"--dashboard-host={me.address}", f"--dashboard-port={DASHBOARD_PORT}"),
        ]
        done = subprocess.run(
            command, env=_without_address(env), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        if done.returncode != 0:
            raise StepFailed("HeadStartFailed", last_lines(done.stdout))

    def dashboard(self, me: Host) -> str:
        return f"http://{me.address}:{DASHBOARD_PORT}"

    def join(self, me: Host, settings: Settings, env: dict[str, str], until: float) -> "subprocess.Popen[str]":
        address, _, port = env["RAY_ADDRESS"].rpartition(":")
        wait_for_port(address, int(port), until)
        command = [*_start(me, settings), f"--address={env['RAY_ADDRESS']}", f"--num-cpus={cpus()}", "--block"]
        return join_until(command, _without_address(env), "Ray runtime started", until)

    def drain(self, me: Host, env: dict[str, str], process: "subprocess.Popen[str]", within_s: float) -> None:
        """A drained node of Ray ends by itself as soon as it is idle."""
        until = time.time() + within_s
        for node in _nodes(env):
            if node.node_ip == me.address and node.state == "ALIVE":
                command = [
                    *(*_RAY, "drain-node", f"--address={env['RAY_ADDRESS']}", f"--node-id={node.node_id}"),
                    *("--reason=DRAIN_NODE_REASON_PREEMPTION", "--reason-message=this host is about to end"),
                    f"--deadline-remaining-seconds={max(1, int(within_s))}",
                ]
                with suppress(subprocess.TimeoutExpired):
                    subprocess.run(command, env=env, timeout=within_s)
        try:
            process.wait(max(0.0, until - time.time()))
        except subprocess.TimeoutExpired:
            end(process)

    def states(self, env: dict[str, str]) -> list[WorkerState]:
        workers = [node for node in _nodes(env) if not node.is_head_node]
        return [WorkerState(node.node_ip, _state(node.state, node.state_message or "")) for node in workers]

    def status(self, env: dict[str, str], nodes: int, tries: int = 5) -> str:
        """The text of `ray status`."""
        text = ""
        for _ in range(tries):
            time.sleep(1)
            done = subprocess.run(
                [*_RAY, "status"], env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
            )
            text = done.stdout
            if len(re.findall(r"^ \d+ node_", text, re.MULTILINE)) >= nodes:
                break
        return text


def _nodes(env: Mapping[str, str]) -> list:
    """From the dashboard: to connect as a driver would take a hundred megabytes of the head."""
    os.environ.update({name: env[name] for name in ("RAY_AUTH_MODE", "RAY_AUTH_TOKEN")})
    from ray.util.state import list_nodes

    head = env["RAY_ADDRESS"].rpartition(":")[0]
    try:
        return list_nodes(address=f"http://{head}:{DASHBOARD_PORT}", limit=1000, timeout=10)
    except Exception as reason:  # Ray's own errors and those of requests have no common base
        raise StepFailed("StatesUnknown", f"Expected Ray's dashboard to list the nodes but got {reason}") from reason


def _state(state: str, message: str) -> State:
    if state == "ALIVE":
        return "ALIVE"
    return "LEFT" if message.startswith(("Expected termination", "Terminated due to")) else "DEAD"


def _start(me: Host, settings: Settings) -> list[str]:
    return [
        *(*_RAY, "start", "--disable-usage-stats", "--include-log-monitor=false"),
        *(f"--node-ip-address={me.address}", f"--temp-dir={settings.temp_dir / 'ray'}"),
        f"--object-store-memory={OBJECT_STORE_BYTES}",
        # Any free port: the agent binds 127.0.0.1 too, which hosts on one machine would fight over for 4 s.
        "--dashboard-agent-listen-port=0",
        # Likewise: two hosts that pick the same port of a range at once cost a minute (seen once).
        *("--min-worker-port=0", "--max-worker-port=0"),
    ]


def _without_address(env: Mapping[str, str]) -> dict[str, str]:
    """`ray start` takes RAY_ADDRESS for a cluster that runs already."""
    return {name: value for name, value in env.items() if name != "RAY_ADDRESS"}
