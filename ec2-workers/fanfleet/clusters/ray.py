"""Ray: the cluster of the engines `ray` and `daft`."""

import ipaddress
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from functools import cache
from tempfile import TemporaryFile
from typing import Any

from fanfleet.clusters.cluster import State, WorkerState
from fanfleet.clusters.processes import end, join_until, last_lines, wait_for_port
from fanfleet.engines import dashboard_port
from fanfleet.host import Host, cpus
from fanfleet.settings import Settings
from fanfleet.steps import StepFailed

OBJECT_STORE_BYTES = 128 * 2**20
"""Tasks and counts are all that goes through the object store; images never do."""

DASHBOARD_PORT = dashboard_port("ray")

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
    "RAY_enable_metrics_collection": "0",
    "RAY_USAGE_STATS_ENABLED": "0",
    "DO_NOT_TRACK": "1",
    "PYTHONUNBUFFERED": "1",
    # Workers are started as the file ray_worker.py, beside which `import ray` would find our own.
    "PYTHONSAFEPATH": "1",
}

ANSWER_S = 10.0
STATUS_S = 5.0
POLL_S = 0.2


def head_port(address: str) -> int:
    """6379. On hosts that share a machine each head has its own, since Ray listens on every interface."""
    host = ipaddress.ip_address(address)
    return 20_000 + int(host) % 10_000 if host.is_loopback else 6379


class RayCluster:
    """The head has none of the cluster's CPUs; all talk needs the token. Nodes are those of ray_node.py."""

    def __init__(self) -> None:
        self._dashboard = ""

    def environment(self, secret: str, head_address: str) -> dict[str, str]:
        address = f"{head_address}:{head_port(head_address)}"
        return {**_ENVIRONMENT, "RAY_AUTH_TOKEN": secret, "RAY_ADDRESS": address}

    def settings(self) -> Mapping[str, str]:
        return {**_LOSSES, "objectStoreBytes": str(OBJECT_STORE_BYTES)}

    def start_head(self, me: Host, settings: Settings, env: dict[str, str]) -> None:
        command = [*_node(me, settings), f"--port={head_port(me.address)}", "--cpus=0"]
        if settings.dashboard:
            command.append(f"--dashboard={DASHBOARD_PORT}")
            self._dashboard = f"http://{me.address}:{DASHBOARD_PORT}"
        # It leaves processes, which have its standard output: the end of that is not waited for.
        with TemporaryFile("w+") as output:
            done = subprocess.run(command, env=_without_address(env), stdout=output, stderr=subprocess.STDOUT)
            if done.returncode != 0:
                output.seek(0)
                raise StepFailed("HeadStartFailed", last_lines(output.read()))

    def dashboard(self, me: Host) -> str:
        return self._dashboard

    def join(self, me: Host, settings: Settings, env: dict[str, str], until: float) -> "subprocess.Popen[str]":
        address, _, port = env["RAY_ADDRESS"].rpartition(":")
        wait_for_port(address, int(port), until)
        command = [*_node(me, settings), f"--head={env['RAY_ADDRESS']}", f"--cpus={cpus()}"]
        if settings.dashboard:
            command.append(f"--dashboard={DASHBOARD_PORT}")
        return join_until(command, _without_address(env), "Ray runtime started", until)

    def drain(self, me: Host, env: dict[str, str], process: "subprocess.Popen[str]", within_s: float) -> None:
        """A drained node of Ray ends by itself as soon as it is idle."""
        until = time.time() + within_s
        for node_id, node in _nodes(env).items():
            if node.node_manager_address == me.address and node.state == node.ALIVE:
                _drain(env, node_id, until)
        try:
            process.wait(max(0.0, until - time.time()))
        except subprocess.TimeoutExpired:
            end(process)

    def states(self, env: dict[str, str]) -> list[WorkerState]:
        workers = [node for node in _nodes(env).values() if not node.is_head_node]
        return [WorkerState(node.node_manager_address, _state(node)) for node in workers]

    def status(self, env: dict[str, str], nodes: int) -> str:
        """The text of `ray status`, which knows a node a moment after it has joined."""
        from ray.autoscaler.v2.sdk import get_cluster_status
        from ray.autoscaler.v2.utils import ClusterStatusFormatter

        until = time.time() + STATUS_S
        while True:
            try:
                found = get_cluster_status(env["RAY_ADDRESS"], timeout=int(ANSWER_S))
            except Exception as reason:  # Ray's own errors have no common base
                raise StepFailed("StatesUnknown", f"Expected Ray to tell its status but got {reason}") from reason
            if len(found.active_nodes) + len(found.idle_nodes) >= nodes or time.time() > until:
                return ClusterStatusFormatter.format(found)
            time.sleep(POLL_S)


def _nodes(env: Mapping[str, str]) -> dict[Any, Any]:
    """`GcsNodeInfo` of every node that there ever was, by its id; a driver would take a hundred megabytes to ask."""
    try:
        return _client(env["RAY_ADDRESS"], env["RAY_AUTH_TOKEN"]).get_all_node_info(timeout=ANSWER_S)
    except Exception as reason:  # Ray's own errors have no common base
        raise StepFailed("StatesUnknown", f"Expected Ray's head to list the nodes but got {reason}") from reason


@cache
def _client(address: str, token: str) -> Any:
    """Of the head's control store."""
    os.environ.update(RAY_AUTH_MODE=_ENVIRONMENT["RAY_AUTH_MODE"], RAY_AUTH_TOKEN=token)
    from ray._raylet import GcsClient

    return GcsClient(address=address)


def _state(node: Any) -> State:
    """What a node is, by its `GcsNodeInfo`; one that was drained or asked to end has left."""
    if node.state == node.ALIVE:
        return "ALIVE"
    death = node.death_info
    left = (death.EXPECTED_TERMINATION, death.AUTOSCALER_DRAIN_PREEMPTED, death.AUTOSCALER_DRAIN_IDLE)
    return "LEFT" if death.reason in left else "DEAD"


def _drain(env: Mapping[str, str], node_id: Any, until: float) -> None:
    from ray.core.generated.autoscaler_pb2 import DRAIN_NODE_REASON_PREEMPTION

    client = _client(env["RAY_ADDRESS"], env["RAY_AUTH_TOKEN"])
    reason = "this host is about to end"
    by = int(until * 1000)
    try:
        # Without a timeout it waits for a head that has gone as long as there is one to wait for.
        accepted, why = client.drain_node(node_id.hex(), DRAIN_NODE_REASON_PREEMPTION, reason, by, timeout=ANSWER_S)
    except Exception as failure:  # Ray's own errors have no common base
        raise StepFailed("DrainFailed", f"Expected Ray to let this node go but got {failure}") from failure
    if not accepted:
        raise StepFailed("DrainFailed", f"Expected Ray to let this node go but it said: {why}")


def _node(me: Host, settings: Settings) -> list[str]:
    return [
        *(sys.executable, "-m", "fanfleet.clusters.ray_node"),
        *(f"--address={me.address}", f"--temp-dir={settings.temp_dir / 'ray'}"),
        f"--object-store={OBJECT_STORE_BYTES}",
    ]


def _without_address(env: Mapping[str, str]) -> dict[str, str]:
    """Ray takes RAY_ADDRESS for a cluster that runs already."""
    return {name: value for name, value in env.items() if name != "RAY_ADDRESS"}
