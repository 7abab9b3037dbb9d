"""Tests of Dask's workers as hosts of a fleet start them: a real one, on an address of this machine."""

import argparse
import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import SimpleNamespace

import fanfleet
import pytest
from fanfleet.clusters import dask_node
from fanfleet.clusters.cluster import WorkerState
from fanfleet.clusters.dask import DaskCluster
from fanfleet.clusters.dask_node import TITLE
from fanfleet.host import Host, cpus
from fanfleet.settings import Settings
from fanfleet.steps import StepFailed
from waiting import LIMIT_S, until

SECRET = "c0ffee" * 8
HEAD, WORKER = Host("i-1", "127.0.42.1", "t3.medium"), Host("i-2", "127.0.42.2", "t3.medium")
ASK = """
import sys
from distributed import Client
def loaded():
    return "fanfleet.batch" in sys.modules and "boto3" in sys.modules and "numpy" not in sys.modules
with Client(sys.argv[1], timeout=100) as client:
    print(client.scheduler_info()["services"], all(client.run(loaded).values()))
"""
PORTS = """
import sys
from distributed import Client
with Client(sys.argv[1], timeout=100) as client:
    worker, *_ = client.scheduler_info()["workers"].values()
    print(worker["services"]["dashboard"])
"""
PIDS = """
import os, sys
from distributed import Client
with Client(sys.argv[1], timeout=100) as client:
    print(*client.run(os.getpid).values())
"""
LIMITS = """
import sys
from distributed import Client
with Client(sys.argv[1], timeout=100) as client:
    print({worker["memory_limit"] for worker in client.scheduler_info()["workers"].values()})
"""
LOOKS = """
import sys
from distributed import Client
def looks(dask_worker):
    import dask
    return dask.config.get("distributed.admin.tick.interval"), "profile" in dask_worker.periodic_callbacks
with Client(sys.argv[1], timeout=100) as client:
    print(set(client.run(looks).values()))
"""
CLOSE = """
import os, sys
from distributed import Client
with Client(sys.argv[1], timeout=100) as client:
    address = next(at for at, pid in client.run(os.getpid).items() if pid == int(sys.argv[2]))
    client.retire_workers([address], close_workers=True)
"""
ENDED = """
import argparse, os, signal
from fanfleet.clusters import dask_node

def drain_soon(*_):
    os.kill(os.getpid(), dask_node.DRAIN)

def fork(options, seconds=[30, 0]):
    if (child := os.fork()) == 0:
        signal.signal(dask_node.DRAIN, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {dask_node.DRAIN})
        os.execvp("sleep", ["sleep", str(seconds.pop())])
    seconds.pop()
    return child

dask_node._fork = fork
signal.signal(signal.SIGALRM, drain_soon)
signal.setitimer(signal.ITIMER_REAL, dask_node.PAUSE_S / 2)
print(dask_node._keep(argparse.Namespace(processes=2, scheduler="tls://127.0.0.1:1")))
"""
PAGES = (
    "",
    "health",
    "metrics",
    "status",
    "info/main/workers.html",
    "info/logs.html",
    "json/counts.json",
    "statics/css/base.css",
)


@pytest.fixture
def address(cluster):
    return os.environ["DASK_SCHEDULER_ADDRESS"]


@pytest.fixture
def cluster(tmp_path, monkeypatch):
    """A scheduler with a worker."""
    cluster = DaskCluster()
    for name, value in cluster.environment(SECRET, HEAD.address).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PYTHONPATH", str(Path(fanfleet.__path__[0]).parent))
    values = {name: "" for name in ("RUNS_BUCKET", "PARAMETER")}
    values |= {"ENGINE": "dask", "WORKERS": "1", "JOIN_DEADLINE_S": "600", "JOB_DEADLINE_S": "60"}
    values |= {"BOOT_STARTED_AT": str(time.time() * 1000), "STEPS": os.devnull}
    variables = {f"FANFLEET_{name}": value for name, value in values.items()}
    settings = Settings.from_environment({**variables, "TMPDIR": str(tmp_path)})
    started = []
    begin = subprocess.Popen

    def keep(*arguments, **named):
        started.append(begin(*arguments, **named))
        return started[-1]

    monkeypatch.setattr(subprocess, "Popen", keep)
    try:
        cluster.start_head(HEAD, settings, dict(os.environ))
        process = cluster.join(WORKER, settings, dict(os.environ), time.time() + LIMIT_S)
        cluster.joined = process
        threading.Thread(target=process.stdout.read, daemon=True).start()
        assert cluster.dashboard(HEAD) == ""
        # It has joined with the first of its processes.
        assert until(lambda: len(alive(cluster)) == cpus())
        yield cluster
    finally:
        for process in reversed(started):
            process.terminate()
            process.wait(LIMIT_S)


class TestDaskCluster:
    def test_a_worker_has_what_batches_need_before_its_first_one(self, address):
        done = subprocess.run([sys.executable, "-c", ASK, address], capture_output=True, text=True, timeout=LIMIT_S)
        assert done.stdout.strip().endswith("True"), done.stdout + done.stderr

    def test_the_head_knows_who_is_there_and_who_went(self, cluster, address):
        env = dict(os.environ)
        assert cluster.states(env) == [WorkerState(WORKER.address, "ALIVE")]
        assert WORKER.address in cluster.status(env, 2)
        # What becomes of a worker whose node can put none in its place.
        first, *_ = workers()
        os.kill(int(parent(str(first))), signal.SIGKILL)
        assert until(lambda: cluster.states(env) == [WorkerState(WORKER.address, "DEAD")])

    def test_a_worker_that_drains_has_left(self, cluster, address):
        cluster.drain(WORKER, dict(os.environ), cluster.joined, LIMIT_S)
        assert cluster.joined.returncode == 0
        assert until(lambda: cluster.states(dict(os.environ)) == [WorkerState(WORKER.address, "LEFT")])

    @pytest.mark.parametrize("way", ["killed", "closed by its scheduler"])
    def test_another_process_takes_the_place_of_one_that_has_ended(self, cluster, address, way):
        before = alive(cluster)
        first, *others = workers()
        if way == "killed":
            os.kill(first, signal.SIGKILL)
        else:
            subprocess.run([sys.executable, "-c", CLOSE, address, str(first)], check=True, timeout=LIMIT_S)
        new = until(lambda: set(workers()) - {first, *others})
        assert len(new) == 1
        assert until(lambda: len(alive(cluster) - before) == 1 and len(alive(cluster)) == cpus())
        done = subprocess.run([sys.executable, "-c", PIDS, address], capture_output=True, text=True, timeout=LIMIT_S)
        assert {int(pid) for pid in done.stdout.split()} == {*others, *new}, done.stdout + done.stderr

    def test_nobody_takes_the_place_of_processes_whose_scheduler_has_ended(self, cluster):
        cluster._scheduler.terminate()
        # One that was begun while it still listened tries for so long.
        cluster.joined.wait(dask_node.START_S + LIMIT_S)
        assert workers() == []

    def test_no_process_has_a_limit_of_its_own_near_which_it_would_take_no_more(self, address):
        done = subprocess.run([sys.executable, "-c", LIMITS, address], capture_output=True, text=True, timeout=LIMIT_S)
        assert done.stdout in ("{0}\n", "{None}\n"), done.stdout + done.stderr

    def test_a_worker_that_waits_does_not_look_at_itself_all_the_time(self, address):
        done = subprocess.run([sys.executable, "-c", LOOKS, address], capture_output=True, text=True, timeout=LIMIT_S)
        assert done.stdout == "{('500ms', False)}\n", done.stdout + done.stderr

    def test_nobody_can_open_a_page_without_a_password(self, address):
        done = subprocess.run([sys.executable, "-c", PORTS, address], capture_output=True, text=True, timeout=LIMIT_S)
        worker = f"{WORKER.address}:{int(done.stdout)}"
        opened = {
            f"{at}/{page}": status(f"http://{at}/{page}") for at in (f"{HEAD.address}:8787", worker) for page in PAGES
        }
        assert opened == dict.fromkeys(opened, 404)


def test_who_is_there_is_unknown_until_the_scheduler_has_told(tmp_path):
    cluster = DaskCluster()
    cluster._scheduler = SimpleNamespace(poll=lambda: None)
    cluster._workers_file = tmp_path / "dask-workers.json"
    for text in (None, "{"):
        if text is not None:
            cluster._workers_file.write_text(text)
        with pytest.raises(StepFailed) as failed:
            cluster.states({})
        assert failed.value.code == "StatesUnknown"


def test_a_process_that_cannot_leave_ends_and_tells_why(monkeypatch):
    class Worker:
        address = "tls://127.0.0.1:1"
        state = SimpleNamespace(executing=())

        def __init__(self, *_, **__):
            self.scheduler = self

        def __await__(self):
            return asyncio.sleep(0).__await__()

        async def finished(self):
            os.kill(os.getpid(), signal.SIGUSR1)
            await asyncio.Event().wait()

        async def retire_workers(self, **_):
            raise OSError("nobody answers")

    monkeypatch.setattr(dask_node, "Worker", Worker)
    options = argparse.Namespace(scheduler="", address="", folder="")
    with pytest.raises(OSError, match="nobody answers"):
        asyncio.run(asyncio.wait_for(dask_node._work(options), LIMIT_S))


def test_one_that_has_just_ended_keeps_no_other_from_leaving():
    env = {**os.environ, "PYTHONPATH": str(Path(fanfleet.__path__[0]).parent)}
    done = subprocess.run([sys.executable, "-c", ENDED], capture_output=True, text=True, timeout=LIMIT_S, env=env)
    # The other one was ended by the signal.
    assert (done.stdout, done.stderr) == ("1\n", "")


def alive(cluster):
    """The addresses of the processes that the scheduler has."""
    try:
        return set(cluster._workers()["alive"])
    except StepFailed:  # It has not told yet.
        return set()


def workers():
    """Grandchildren of this process that do batches, by the command line that they have given themselves."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            is_worker = (process / "cmdline").read_bytes().startswith(TITLE)
            if is_worker and parent(parent(process.name)) == str(os.getpid()):
                found.append(int(process.name))
        except OSError:
            continue
    return found


def parent(pid):
    return Path("/proc", pid, "stat").read_text().rpartition(")")[2].split()[1]


def status(url):
    try:
        with urllib.request.urlopen(url, timeout=LIMIT_S) as answer:
            return answer.status
    except urllib.error.HTTPError as refused:
        return refused.code
