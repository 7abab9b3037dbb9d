"""Tests of which worker of Dask gets a batch of a stage: workers and scheduler are real, in this process."""

import json
import threading

import pytest
from distributed import Client, LocalCluster, get_worker
from engines import dask
from fanfleet.task import Task
from waiting import LIMIT_S

ROUND = "s3://runs/runs/r/fleet/round-0/"


def tasks_of(stage, batches, manifest="s3://runs/runs/r/manifest.json"):
    """`stage` is None of a single map."""
    out = ROUND if stage is None else f"{ROUND}stage-{stage}/"
    place = None if stage is None else {"number": stage, "state": {"key": "k", "sha256": "a1" * 32, "bytes": 1}}
    return [
        Task(manifest, out, "data", {"name": "kmeans", "params": {}}, 1024, 0, batch, 0, 1, 0.0, stage=place).to_json()
        for batch in batches
    ]


@pytest.fixture
def client(tmp_path):
    workers = {"n_workers": 2, "threads_per_worker": 1, "processes": False, "local_directory": str(tmp_path)}
    with LocalCluster(**workers, dashboard_address=None) as cluster, Client(cluster) as client:
        yield client


@pytest.fixture
def work(monkeypatch):
    """What batches do: they are noted, and wait until so many of them have begun as `meet` says."""
    return Work(monkeypatch)


class Work:
    def __init__(self, monkeypatch):
        self.done = {}
        self.lock = threading.Lock()
        self.meet(1)
        monkeypatch.setattr("fanfleet.batch.run_task_while", self.do)
        # No batch is begun once more because it is late.
        monkeypatch.setattr(dask, "PATIENCE", 1e9)

    def meet(self, workers):
        """Let each batch wait until so many workers have begun one."""
        self.wanted, self.begun, self.met = workers, set(), threading.Event()
        self.done = {}

    def do(self, is_wanted, text):
        address = get_worker().address
        with self.lock:
            self.begun.add(address)
            if len(self.begun) == self.wanted:
                self.met.set()
        assert self.met.wait(LIMIT_S)
        self.done[json.loads(text)["batch"]] = address
        return 1


class TestStages:
    def test_a_batch_goes_to_the_worker_that_did_it_before(self, client, work):
        keepers = dask.Keepers()
        work.meet(2)
        dask.run(client, keepers, tasks_of(0, [0, 1]))
        first = work.done
        assert len(set(first.values())) == 2
        for stage, order in ((1, [1, 0]), (2, [0, 1])):
            work.meet(2)
            dask.run(client, keepers, tasks_of(stage, order))
            assert work.done == first

    def test_one_that_has_nothing_to_do_takes_what_another_one_keeps(self, client, work):
        keepers = dask.Keepers()
        one, other = client.nthreads()
        tasks = tasks_of(0, range(6))
        keepers.begin(tasks)
        for task in tasks:
            keepers.note(task, one)
        work.meet(2)
        dask.run(client, keepers, tasks_of(1, range(6)))
        assert sorted(work.done) == list(range(6))
        assert other in work.done.values()
        # Who did it last keeps it.
        assert {batch: keepers.of(task) for batch, task in enumerate(tasks)} == {
            batch: [address] for batch, address in work.done.items()
        }

    def test_what_a_lost_worker_kept_is_done_by_the_others(self, client, work):
        keepers = dask.Keepers()
        one, other = client.nthreads()
        tasks = tasks_of(0, range(4))
        keepers.begin(tasks)
        for task in tasks:
            keepers.note(task, one)
        client.retire_workers([one], close_workers=True)
        dask.run(client, keepers, tasks_of(1, range(4)))
        assert work.done == dict.fromkeys(range(4), other)


class TestKeepers:
    def test_one_round_is_remembered_and_no_single_map(self):
        keepers = dask.Keepers()
        tasks = tasks_of(0, [3])

        def known_after(job):
            keepers.begin(tasks)
            keepers.note(tasks[0], "tls://one")
            keepers.begin(job)
            return keepers.of(tasks[0])

        assert known_after(tasks_of(1, [3])) == ["tls://one"]
        assert known_after(tasks_of(0, [3], "s3://runs/runs/s/manifest.json")) is None
        assert known_after(tasks_of(None, [3])) is None
        keepers.note(tasks[0], "tls://one")
        assert keepers.of(tasks[0]) is None
