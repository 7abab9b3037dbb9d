"""Tests of what all engines have in common."""

import json
import os
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path

import fanfleet
import pytest
from engines.contract import main
from engines.daft_nodes import need_processes
from engines.ray_nodes import tasks_at_once
from fanfleet.clusters.ray_worker import leave_out
from waiting import LIMIT_S


@contextmanager
def opened():
    yield lambda tasks: None


class TestConnect:
    def test_an_engine_connects_when_it_is_told_that_its_cluster_is_there_and_not_before(self, capfd):
        events = []

        @contextmanager
        def noted():
            events.append("connected")
            yield lambda tasks: None

        def lines():
            events.append("started")
            yield '"connect"\n'
            events.append("waits for a job")

        assert main(noted, lines()) == 0
        assert events == ["started", "connected", "waits for a job"]
        assert "connect\n" not in capfd.readouterr().out.splitlines(keepends=True)

    def test_one_whose_cluster_never_came_ends(self):
        @contextmanager
        def never():
            raise AssertionError("there is no cluster")
            yield

        assert main(never, []) == 0


# In a process of its own: Ray reads once, when it is loaded, whether its nodes want a token.
ASK_IN_VAIN = """
from engines import ray
def refuse(*_):
    raise OSError("the head is gone")
ray.ray.data.from_items = refuse
ray._ask_actors()
"""


WARM_WHILE_IT_ASKS = """
import threading, time
from engines import ray
waits = threading.Event()
ray.ray.nodes = lambda: []
ray.ray.get = lambda refs: waits.set()
def ask():
    waits.wait()
    time.sleep(0.1)
    print("asked", flush=True)
ray._asking = threading.Thread(target=ask, daemon=True)
ray._asking.start()
ray.ASK_S = 600
ray.warm(2)
print("warm", flush=True)
"""

WARM_THOUGH_IT_NEVER_ANSWERS = """
import threading
from engines import ray
ray.ray.nodes = lambda: []
ray.ray.get = lambda refs: None
ray._asking = threading.Thread(target=threading.Event().wait, daemon=True)
ray._asking.start()
ray.ASK_S = 0.01
ray.warm(2)
print("warm", flush=True)
"""


def run_alone(code):
    """The lines that it prints."""
    environment = {**os.environ, "PYTHONPATH": str(Path(fanfleet.__path__[0]).parent)}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=LIMIT_S, check=True)
    return done.stdout.splitlines()


class TestWarm:
    def test_ray_says_in_one_line_that_its_datasets_could_not_be_prepared(self):
        expected = "engine: the first job will start what every dataset asks: OSError('the head is gone')"
        assert run_alone(ASK_IN_VAIN) == [expected]

    def test_ray_is_warm_once_its_datasets_were_prepared_too(self):
        assert run_alone(WARM_WHILE_IT_ASKS) == ["asked", "warm"]

    def test_ray_does_not_wait_for_that_without_end(self):
        assert run_alone(WARM_THOUGH_IT_NEVER_ANSWERS) == ["warm"]

    def test_an_engine_is_warmed_when_it_is_told_to(self, capfd):
        warmed = []
        assert main(opened, ['{"warm": 2, "within": 600}\n'], warm=warmed.append) == 0
        assert warmed == [2]
        assert capfd.readouterr().out.splitlines()[-1] == "warm"

    def test_jobs_do_what_a_failed_warm_up_left_undone(self, capfd):
        def fail(workers):
            raise OSError("a worker is gone")

        # The job is refused for its arguments, so it was given.
        with pytest.raises(SystemExit):
            main(opened, ['{"warm": 2, "within": 600}\n', json.dumps([])], warm=fail)
        answered = capfd.readouterr()
        assert answered.out.splitlines()[-1] == "warm"
        assert "a worker is gone" in answered.out + answered.err

    def test_what_takes_too_long_is_left_to_the_jobs(self, capfd):
        late, warmed = threading.Event(), []

        def warm(workers):
            late.wait(LIMIT_S)
            warmed.append(workers)

        assert main(opened, ['{"warm": 2, "within": 0.1}\n'], warm=warm) == 0
        assert warmed == []
        late.set()
        answered = capfd.readouterr()
        assert answered.out.splitlines()[-1] == "warm"
        assert "not all that batches need was started" in answered.out + answered.err


class TestRayWorker:
    def test_daft_does_not_find_ray_data_and_ray_does(self):
        found = {"ray.data": "module"}
        leave_out("ray", found)
        assert found == {"ray.data": "module"}
        leave_out("daft", found)
        assert found == {"ray.data": None}


def node(cpus, *, alive=True):
    return {"Alive": alive, "Resources": {"CPU": cpus} if cpus else {}}


class TestRay:
    def test_each_cpu_has_a_task_that_waits_behind_the_one_that_it_does(self):
        assert tasks_at_once([node(0), node(2), node(4)], 2) == 16
        assert tasks_at_once([node(0), node(2), node(4), node(8, alive=False)], 2) == 16
        assert tasks_at_once([node(0), node(1), node(2)], 1) == 6

    def test_so_have_those_of_workers_that_come_late(self):
        assert tasks_at_once([node(0), node(4)], 10) == 80

    def test_without_any_worker_there_is_one_for_the_first_to_come(self):
        assert tasks_at_once([node(0)], 2) == 2


class TestDaft:
    def test_nodes_of_many_cpus_do_their_batches_in_processes(self):
        assert not need_processes([node(0), node(2), node(4)])
        assert need_processes([node(2), node(8)])
        assert not need_processes([node(2), node(8, alive=False)])
