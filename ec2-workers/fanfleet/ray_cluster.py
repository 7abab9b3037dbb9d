"""Ray on this host: starting it, joining it, and what it says of itself."""

import ipaddress
import os
import re
import socket
import subprocess
import sys
import time
from pathlib import Path

from fanfleet.steps import StepFailed, say

OBJECT_STORE_BYTES = 128 * 2**20
"""Tasks and counts are all that goes through the object store; images never do."""

DASHBOARD_PORT = 8265

# A host that vanishes without closing its connections hangs Ray for minutes with the settings it comes with.
_ENVIRONMENT = {
    "RAY_AUTH_MODE": "token",
    "RAY_grpc_client_keepalive_time_ms": "5000",
    "RAY_grpc_client_keepalive_timeout_ms": "5000",
    "RAY_health_check_period_ms": "1000",
    "RAY_health_check_failure_threshold": "5",
    # `ray status` prints what the monitor saw last, which is 5 s old by default.
    "AUTOSCALER_UPDATE_INTERVAL_S": "1",
    "RAY_enable_metrics_collection": "0",
    "RAY_USAGE_STATS_ENABLED": "0",
    "DO_NOT_TRACK": "1",
    "PYTHONUNBUFFERED": "1",
}


def head_port(address: str) -> int:
    """6379. On hosts that share a machine each head has its own, since Ray listens on every interface."""
    host = ipaddress.ip_address(address)
    return 20_000 + int(host) % 10_000 if host.is_loopback else 6379


def environment(token: str, head_address: str) -> dict[str, str]:
    """What every process that talks to this cluster needs; workers of Ray inherit it."""
    ray_address = f"{head_address}:{head_port(head_address)}"
    return {**os.environ, **_ENVIRONMENT, "RAY_AUTH_TOKEN": token, "RAY_ADDRESS": ray_address}


def start_head(address: str, temp_dir: Path, env: dict[str, str]) -> None:
    """Start the head. It does no tasks: it has none of the cluster's CPUs."""
    command = [
        *("--head", f"--port={head_port(address)}", "--num-cpus=0"),
        f"--ray-client-server-port={head_port(address) + 1}",
        *("--include-dashboard=true", f"--dashboard-host={address}", f"--dashboard-port={DASHBOARD_PORT}"),
    ]
    done = subprocess.run(
        [*_start(address, temp_dir), *command],
        env=_without_address(env),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    if done.returncode != 0:
        raise StepFailed("RayStartFailed", last_lines(done.stdout.decode(errors="replace")))


def join(address: str, temp_dir: Path, env: dict[str, str], until: float) -> "subprocess.Popen[str]":
    """Join the cluster as a worker, again and again until `until` (of time.time()).

    Returns the process that lives as long as this host is part of the cluster.
    """
    cluster = env["RAY_ADDRESS"]
    wait_for_port(*cluster.rsplit(":", 1), until)
    while True:
        command = [
            *_start(address, temp_dir),
            f"--address={cluster}",
            f"--num-cpus={len(os.sched_getaffinity(0))}",
            "--block",
        ]
        process = subprocess.Popen(
            command, env=_without_address(env), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        output = []
        for line in process.stdout or ():
            output.append(line)
            if "Ray runtime started" in line:
                return process
        process.wait()
        message = last_lines("".join(output))
        if time.time() > until:
            raise StepFailed("JoinFailed", message)
        say(f"could not join {cluster} yet: {message}")
        time.sleep(1)


def wait_for_port(host: str, port: str, until: float) -> None:
    while not is_listening(host, int(port)):
        if time.time() > until:
            raise StepFailed("JoinFailed", f"Expected the head at {host}:{port} to listen before the join deadline.")
        time.sleep(0.1)


def is_listening(host: str, port: int) -> bool:
    try:
        with socket.create_connection((host, port), timeout=2):
            return True
    except OSError:
        return False


def wait_for_workers(wanted: int, until: float) -> list[str]:
    """Addresses of the workers, as soon as `wanted` are in or `until` (of time.time()) has passed."""
    import ray

    ray.init(address=os.environ["RAY_ADDRESS"], log_to_driver=False, logging_level="error")
    try:
        while True:
            nodes = [node for node in ray.nodes() if node["Alive"] and node["Resources"].get("CPU", 0) > 0]
            if len(nodes) >= wanted or time.time() > until:
                return [node["NodeManagerAddress"] for node in nodes]
            time.sleep(0.2)
    finally:
        ray.shutdown()


def status(nodes: int, tries: int = 5) -> str:
    """The text of `ray status`; it is asked again until it knows all the nodes, the head included."""
    text = ""
    for _ in range(tries):
        time.sleep(1)
        done = subprocess.run([*_RAY, "status"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        text = done.stdout
        if len(re.findall(r"^ \d+ node_", text, re.MULTILINE)) >= nodes:
            break
    return text


def last_lines(text: str, size: int = 600) -> str:
    return text.strip()[-size:]


_RAY = [sys.executable, "-m", "ray.scripts.scripts"]


def _start(address: str, temp_dir: Path) -> list[str]:
    return [
        *(*_RAY, "start", "--disable-usage-stats", "--include-log-monitor=false"),
        *(f"--node-ip-address={address}", f"--temp-dir={temp_dir / 'ray'}"),
        f"--object-store-memory={OBJECT_STORE_BYTES}",
        # Any free port: the agent binds 127.0.0.1 too, which hosts on one machine would fight over for 4 s.
        "--dashboard-agent-listen-port=0",
        # Likewise: two hosts that pick the same port of a range at once cost a minute (seen once).
        *("--min-worker-port=0", "--max-worker-port=0"),
    ]


def _without_address(env: dict[str, str]) -> dict[str, str]:
    """`ray start` takes RAY_ADDRESS for a cluster that runs already."""
    return {name: value for name, value in env.items() if name != "RAY_ADDRESS"}
