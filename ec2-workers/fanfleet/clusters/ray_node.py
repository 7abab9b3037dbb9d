"""`python -m fanfleet.clusters.ray_node`: a node of Ray, of the processes alone that a fleet has a use for.

`ray start` brings a dashboard, an autoscaler, a server for clients elsewhere, and two agents on each node, all of them
Python: six to seven seconds of processor on a head and more than two on a worker, where the scheduler and its object
store take half of one. The dashboard and its agents come where they are asked for.
"""

import argparse
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import ray
from ray import _raylet
from ray._private import services
from ray._private.node import Node
from ray._private.parameter import RayParams

STARTED = "Ray runtime started"

_UNUSED = -1
"""Ray's own word for the port of a service that is not there."""

_AGENT_PORTS = (
    _raylet.METRICS_AGENT_PORT_NAME,
    _raylet.METRICS_EXPORT_PORT_NAME,
    _raylet.DASHBOARD_AGENT_LISTEN_PORT_NAME,
    _raylet.RUNTIME_ENV_AGENT_PORT_NAME,
)

# A raylet wants both agents, and ends with them. It holds the other end of their standard input, which says that it has
# ended. The shell takes what it adds to their arguments.
_IDLE = subprocess.list2cmdline(["/bin/sh", "-c", "exec cat"])
_AGENTS = ("--dashboard_agent_command=", "--runtime_env_agent_command=")


class FleetNode(Node):
    """Without what `ray start` starts besides: only what tasks need. No task here has an environment of its own."""

    def start_monitor(self) -> None:
        pass

    def start_ray_client_server(self) -> None:
        pass

    def start_api_server(self, **_: Any) -> None:
        pass

    def start_raylet(self, *arguments: Any, **named: Any) -> None:
        for name in _AGENT_PORTS:
            _raylet.persist_port(self._session_dir, self._node_id, name, _UNUSED)
        begin = services.start_ray_process
        services.start_ray_process = lambda command, *others, **more: begin(_without_agents(command), *others, **more)
        try:
            super().start_raylet(*arguments, **named)
        finally:
            services.start_ray_process = begin


def _without_agents(command: list[str]) -> list[str]:
    """The command line of a raylet with something in the place of its agents that does nothing.

    Raises RuntimeError where this Ray does not name them so.
    """
    names = {name: name + _IDLE for name in _AGENTS}
    missing = [name for name in names if not any(part.startswith(name) for part in command)]
    if missing:
        raise RuntimeError(
            f"Expected Ray {ray.__version__} to start its raylet with {' and '.join(missing)} but it does not: "
            "install the Ray of uv.lock, or have ray_node.py name the agents as this one does."
        )
    return [next((idle for name, idle in names.items() if part.startswith(name)), part) for part in command]


def main() -> int:
    """Start a node; a worker's lives as long as this process, a head's outlives it."""
    options = _parser().parse_args()
    workers = Path(ray.__file__).parent / "_private/workers"
    parameters = RayParams(
        node_ip_address=options.address,
        node_name=options.address,
        gcs_server_port=options.port,
        gcs_address=options.head,
        num_cpus=options.cpus,
        temp_dir=options.temp_dir,
        object_store_memory=options.object_store,
        worker_path=str(Path(__file__).with_name("ray_worker.py")),
        setup_worker_path=str(workers / "setup_worker.py"),
        # Any free port: two hosts that pick the same one of a range at once cost a minute (seen once).
        min_worker_port=0,
        max_worker_port=0,
        include_log_monitor=False,
        no_monitor=True,
        include_dashboard=bool(options.dashboard),
        dashboard_host=options.address,
        dashboard_port=options.dashboard or None,
        # Its agent listens at any free port: two hosts that share a machine have one each.
        dashboard_agent_listen_port=0,
    )
    kind = Node if options.dashboard else FleetNode
    node = kind(parameters, head=options.head is None, shutdown_at_exit=False, spawn_reaper=False)
    print(STARTED, flush=True)
    return 0 if options.head is None else _stay(node)


def _stay(node: Node) -> int:
    """Until the raylet has ended, which a drained one does by itself; its exit status."""
    raylet: subprocess.Popen = node.all_processes[services.ray_constants.PROCESS_TYPE_RAYLET][0].process

    def end(*_: object) -> None:
        # It says that it goes, and takes its workers along.
        raylet.terminate()

    signal.signal(signal.SIGTERM, end)
    return raylet.wait()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser()
    parser.add_argument("--address", required=True, help="of this host")
    parser.add_argument("--head", help="address and port of the head; this is the head without it")
    parser.add_argument("--port", type=int, help="of the head")
    parser.add_argument("--cpus", type=int, required=True)
    parser.add_argument("--object-store", type=int, required=True, help="bytes")
    parser.add_argument("--temp-dir", required=True)
    parser.add_argument("--dashboard", type=int, default=0, help="its port: with it and with the agents")
    return parser


if __name__ == "__main__":
    sys.exit(main())
