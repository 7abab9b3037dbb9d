"""gRPC: our own head and workers (src/grpc), each a process of Node."""

import json
import ssl
import subprocess
import threading
import time
import urllib.request
from collections.abc import Mapping
from typing import Any

from fanfleet import node
from fanfleet.clusters.cluster import State, WorkerState
from fanfleet.clusters.processes import end, head_start_s, join_until
from fanfleet.host import Host, cpus
from fanfleet.settings import Settings
from fanfleet.steps import StepFailed, say

PORT = 7443
RESTART_PAUSE_S = 1.0
STATUS_TRIES = 5

LOCATION = "head is at "
"""What the line begins with by which the head tells this host what it writes to `head.json`."""

_STATES: dict[str, State] = {
    "WORKER_STATE_ALIVE": "ALIVE",
    "WORKER_STATE_DEAD": "DEAD",
    "WORKER_STATE_LEFT": "LEFT",
}


class GrpcCluster:
    """The head says in `head.json`, which only the run's roles can write, where it is and what its certificate is."""

    def __init__(self) -> None:
        self._location: dict[str, str] = {}
        """As in `head.json`, of the head that this host has started last."""

    def environment(self, secret: str, head_address: str) -> dict[str, str]:
        return {"FANFLEET_GRPC_SECRET": secret}

    def settings(self) -> Mapping[str, str]:
        return {}

    def start_head(self, me: Host, settings: Settings, env: dict[str, str]) -> None:
        command = [*node.program("head", _head(settings)), "--address", me.address, "--port", str(PORT)]
        if settings.scaling_subnets:
            request = f"s3://{settings.runs_bucket}/{settings.request_key}"
            command += ["--scale", request, "--round", str(settings.round), "--subnets", settings.scaling_subnets]
        started = threading.Event()
        arguments = (command, node.environment(env), started)
        keeper = threading.Thread(target=self._keep_running, args=arguments, daemon=True)
        keeper.start()
        within_s = head_start_s(settings)
        if not started.wait(within_s):
            raise StepFailed("HeadStartFailed", f"Expected the head at {me.address}:{PORT} within {within_s:.0f} s.")

    def dashboard(self, me: Host) -> str:
        return ""

    def join(self, me: Host, settings: Settings, env: dict[str, str], until: float) -> "subprocess.Popen[str]":
        slots = cpus()
        command = [
            *node.program("worker", _head(settings)),
            *("--address", me.address, "--worker", me.instance_id, "--slots", str(slots)),
        ]
        # Each batch under way has two decodes in the pool of libuv.
        env = {**node.environment(env), "UV_THREADPOOL_SIZE": str(max(4, 2 * slots))}
        return join_until(command, env, "joined", until)

    def drain(self, me: Host, env: dict[str, str], process: "subprocess.Popen[str]", within_s: float) -> None:
        end(process, within_s)

    def states(self, env: dict[str, str]) -> list[WorkerState]:
        workers = _ask(self._location, env)["workers"]
        return [WorkerState(worker["registration"]["address"], _STATES[worker["state"]]) for worker in workers]

    def status(self, env: dict[str, str], nodes: int) -> str:
        for _ in range(STATUS_TRIES):
            answer = _ask(self._location, env)
            if len(answer["workers"]) >= nodes - 1:
                break
            time.sleep(1)
        return json.dumps(answer, indent=2)

    def _keep_running(self, command: list[str], env: dict[str, str], started: threading.Event) -> None:
        """Start it, and again when it dies: workers and submitter find it by themselves, and S3 has what is done."""
        while True:
            process = subprocess.Popen(command, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
            for line in process.stdout or ():
                if line.startswith(LOCATION):
                    self._location = json.loads(line.removeprefix(LOCATION))
                    continue
                print(line, end="", flush=True)
                if "head listens" in line:
                    started.set()
            if process.wait() == 0:
                return
            say(f"the head ended with exit status {process.returncode} and is started again")
            time.sleep(RESTART_PAUSE_S)


def _head(settings: Settings) -> str:
    return f"s3://{settings.runs_bucket}/{settings.folder}head.json"


def _ask(location: Mapping[str, str], env: Mapping[str, str]) -> dict[str, Any]:
    """`StatusReply` of src/grpc/protocol/head.proto, asked for in JSON. Raises StepFailed with StatesUnknown."""
    try:
        request = urllib.request.Request(
            f"{location['url']}/fanfleet.v1.Head/Status",
            b"{}",
            {"content-type": "application/json", "authorization": f"Bearer {env['FANFLEET_GRPC_SECRET']}"},
        )
        tls = ssl.create_default_context(cadata=location["certificate"])
        # From Python 3.13 on it also asks for extensions that only chains of certificates need.
        tls.verify_flags &= ~ssl.VERIFY_X509_STRICT
        with urllib.request.urlopen(request, timeout=10, context=tls) as answer:
            return {"workers": [], **json.loads(answer.read())}
    except (OSError, ValueError) as reason:
        raise StepFailed("StatesUnknown", f"Expected the head to answer but got {reason}") from reason
