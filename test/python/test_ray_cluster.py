"""Tests of Ray's nodes as hosts of a fleet start them: real ones, on addresses of this machine."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import fanfleet
import pytest
from fanfleet.clusters import ray as ray_cluster
from fanfleet.clusters.ray import RayCluster
from fanfleet.host import Host
from fanfleet.settings import Settings
from fanfleet.steps import StepFailed
from waiting import LIMIT_S, until

SECRET = "c0ffee" * 8
HEAD, STAYS, GOES = (Host(f"i-{n}", f"127.0.41.{n}", "t3.medium") for n in (1, 2, 3))
WORK = """
import ray
ray.init(logging_level="warning")
@ray.remote(num_cpus=1)
def where():
    return ray.util.get_node_ip_address()
print(ray.get(where.remote()))
"""
# A job of which no batch ends before two have begun, where Ray Data never looks for its CPUs a second time, as it would
# after a second; prints whether one of them waited in vain.
BATCHES = """
import os, sys, time
from engines import ray
from ray.data._internal.execution.resource_manager import ResourceManager
folder, limit = sys.argv[1], float(sys.argv[2])
def batch(rows):
    open(os.path.join(folder, rows["task"][0]), "w").close()
    until = time.monotonic() + limit
    while len(os.listdir(folder)) < 2 and time.monotonic() < until:
        time.sleep(0.02)
    if len(os.listdir(folder)) < 2:
        open(os.path.join(folder, "alone"), "w").close()
    return {"items": [1]}
ray._run_batch = batch
assert ResourceManager.GLOBAL_LIMITS_UPDATE_INTERVAL_S == 1
with ray.opened() as run:
    ray.warm(2)
    ResourceManager.GLOBAL_LIMITS_UPDATE_INTERVAL_S = 10**6
    run([str(number) for number in range(4)])
print("alone" in os.listdir(folder))
"""


@pytest.fixture(scope="module")
def cluster():
    """A head and two workers; sockets have short paths."""
    folder = Path(tempfile.mkdtemp(prefix="ff-ray-"))
    ray = RayCluster()
    before = dict(os.environ)
    os.environ.update(ray.environment(SECRET, HEAD.address), PYTHONPATH=str(Path(fanfleet.__path__[0]).parent))
    started = []

    def settings_of(host):
        values = {name: "" for name in ("RUNS_BUCKET", "PARAMETER")}
        values |= {"ENGINE": "ray", "WORKERS": "2", "JOIN_DEADLINE_S": "120", "JOB_DEADLINE_S": "60"}
        values |= {"BOOT_STARTED_AT": "0", "STEPS": os.devnull}
        temp = folder / host.address.rpartition(".")[2]
        return Settings.from_environment({f"FANFLEET_{k}": v for k, v in values.items()} | {"TMPDIR": str(temp)})

    try:
        ray.start_head(HEAD, settings_of(HEAD), dict(os.environ))
        for worker in (STAYS, GOES):
            process = ray.join(worker, settings_of(worker), dict(os.environ), time.time() + LIMIT_S)
            started.append(process)
            threading.Thread(target=process.stdout.read, daemon=True).start()
        yield ray, started, folder
    finally:
        for process in started:
            process.kill()
        for pid in processes_with(str(folder)):
            os.kill(pid, signal.SIGKILL)
        os.environ.clear()
        os.environ.update(before)
        shutil.rmtree(folder)


def processes_with(text):
    found = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
        if text in command and int(entry.name) != os.getpid():
            found[int(entry.name)] = command
    return found


def states(ray):
    try:
        return {worker.address: worker.state for worker in ray.states(dict(os.environ))}
    except StepFailed:  # The head does not answer yet.
        return {}


class TestRayCluster:
    """In this order: the last tests take workers away."""

    def test_workers_are_there_and_do_tasks(self, cluster):
        ray, _, _ = cluster
        assert until(lambda: states(ray) == {STAYS.address: "ALIVE", GOES.address: "ALIVE"})
        done = subprocess.run([sys.executable, "-c", WORK], capture_output=True, text=True, timeout=LIMIT_S)
        assert done.stdout.strip() in (STAYS.address, GOES.address), done.stderr

    def test_a_dataset_does_not_begin_with_one_batch_at_a_time(self, cluster, tmp_path):
        environment = {**os.environ, "FANFLEET_WORKERS": "2"}
        command = [sys.executable, "-c", BATCHES, str(tmp_path), str(LIMIT_S)]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=5 * LIMIT_S)
        assert done.returncode == 0, done.stderr
        assert done.stdout.splitlines()[-1] == "False"

    def test_nothing_runs_that_no_task_needs(self, cluster):
        raylets = lambda: [c for c in processes_with(str(cluster[2])).values() if "raylet/raylet" in c]  # noqa: E731
        # What a raylet has just forked has its command line for a moment.
        assert until(lambda: len(raylets()) == 3)
        commands = processes_with(str(cluster[2])).values()
        # The agents among them, which a raylet has in its own arguments, where they are not replaced, as well.
        unused = ("dashboard.py", "monitor.py", "client.server", "dashboard/agent.py", "runtime_env/agent/main.py")
        assert not [command for command in commands if any(name in command for name in unused)]

    def test_the_status_is_that_of_ray_status(self, cluster, monkeypatch):
        monkeypatch.setattr(ray_cluster, "STATUS_S", LIMIT_S)
        text = cluster[0].status(dict(os.environ), 3)
        assert text.count("node_") == 3
        assert "0.0/4.0 CPU" in text or "CPU" in text

    def test_a_worker_that_is_drained_has_left_and_its_process_ends(self, cluster):
        ray, (_, goes), _ = cluster
        ray.drain(GOES, dict(os.environ), goes, LIMIT_S)
        assert goes.poll() is not None
        assert until(lambda: states(ray) == {STAYS.address: "ALIVE", GOES.address: "LEFT"})

    def test_a_worker_whose_node_is_killed_is_dead_and_its_processes_end(self, cluster):
        ray, (stays, _), folder = cluster
        nodes = processes_with(str(folder)).items()
        (raylet,) = (pid for pid, c in nodes if "raylet/raylet" in c.split()[0] and STAYS.address in c)
        children = children_of(raylet)
        assert len(children) >= 2
        os.kill(raylet, signal.SIGKILL)
        stays.wait(LIMIT_S)
        assert until(lambda: states(ray).get(STAYS.address) == "DEAD")
        # Also what stands in for its agents.
        assert until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in children))


def children_of(pid):
    """What a process has started, of whichever of its threads."""
    lists = [path.read_text().split() for path in Path(f"/proc/{pid}/task").glob("*/children")]
    return {int(child) for children in lists for child in children}


class TestWithoutAgents:
    def test_a_raylet_that_names_its_agents_otherwise_is_an_error_that_says_so(self):
        # Not before: Ray reads once whether its nodes want a token.
        from fanfleet.clusters.ray_node import _without_agents

        with pytest.raises(RuntimeError, match=r"Expected Ray [\d.]+ to start .* --runtime_env_agent_command= but"):
            _without_agents(["raylet", "--dashboard_agent_command=python agent.py", "--agent=python main.py"])
