"""Tests of what a head tells of its hosts, whatever comes of them."""

import json
import os
from io import BytesIO
from types import SimpleNamespace

import pytest
from fanfleet import host_reports, kept_fleet, standing_fleet
from fanfleet.clusters.cluster import WorkerState
from fanfleet.host import Host
from fanfleet.host_reports import HostReports
from fanfleet.kept_fleet import KeptFleet
from fanfleet.settings import Settings
from fanfleet.standing_fleet import StandingFleet
from fanfleet.steps import StepFailed, Steps
from waiting import Clock

FOLDER = "fleets/f.1/"


class S3:
    def __init__(self):
        self.objects = {}
        self.read = []
        self.listed = 0

    def put_object(self, Bucket, Key, Body, **_):
        self.objects[Key] = Body

    def get_object(self, Bucket, Key):
        self.read.append(Key)
        return {"Body": BytesIO(self.objects[Key])}

    def get_paginator(self, _):
        return self

    def paginate(self, Bucket, Prefix, StartAfter):
        self.listed += 1
        return [{"Contents": [{"Key": key} for key in sorted(self.objects) if key.startswith(Prefix)]}]

    def report(self, number, ready_at=1, address=None):
        value = {"address": address or f"10.0.0.{number}", "readyAt": ready_at, "instanceId": f"i-{number}"}
        self.objects[f"{FOLDER}hosts/i-{number}.json"] = json.dumps(value).encode()


class Cluster:
    """A worker comes, and is lost before others come."""

    def __init__(self):
        self.asked = 0

    def environment(self, secret, head_address):
        return {}

    def start_head(self, me, settings, env):
        pass

    def dashboard(self, me):
        return ""

    def states(self, env):
        self.asked += 1
        return [WorkerState("10.0.0.2", "ALIVE" if self.asked == 1 else "DEAD")]


class Engine:
    def __init__(self, *_):
        pass

    def start(self):
        pass

    def connect(self):
        pass

    def stop(self):
        pass


@pytest.fixture
def s3(monkeypatch):
    made = S3()
    monkeypatch.setattr("fanfleet.aws._made", {"s3": made, "ssm": None, "stepfunctions": None})
    return made


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def settings(tmp_path, clock):
    values = {"FLEET": "f.1", "RUNS_BUCKET": "runs", "PARAMETER": "", "ENGINE": "dask", "WORKERS": "2"}
    values |= {"JOIN_DEADLINE_S": "0.5", "JOB_DEADLINE_S": "60", "BOOT_STARTED_AT": str(clock.time() * 1000)}
    values |= {"STEPS": str(tmp_path / "steps")}
    (tmp_path / "steps").touch()
    return Settings.from_environment({f"FANFLEET_{name}": value for name, value in values.items()})


@pytest.fixture
def fleet(s3, settings, clock, monkeypatch):
    monkeypatch.setattr(os, "environ", {**os.environ})
    monkeypatch.setattr(standing_fleet, "time", clock)
    monkeypatch.setattr(standing_fleet, "cluster_of", lambda _: Cluster())
    monkeypatch.setattr(standing_fleet, "EngineRunner", Engine)
    monkeypatch.setattr(standing_fleet.host, "identify", lambda _: Host("i-1", "10.0.0.1", "t3.medium"))
    monkeypatch.setattr(standing_fleet.ServerClock, "attach", lambda *_: None)
    return StandingFleet(settings, Steps(settings.steps_file))


class TestStandingFleet:
    def test_a_head_whose_workers_were_lost_while_it_waited_tells_of_all(self, fleet, s3):
        with pytest.raises(StepFailed) as failed:
            fleet.boot("secret")
        assert failed.value.code == "NoWorkers"
        fleet.end()
        assert json.loads(s3.objects[f"{FOLDER}hosts/i-1.json"])["role"] == "head"
        changes = json.loads(s3.objects[f"{FOLDER}workers.json"])["changes"]
        assert [(change["address"], change["state"]) for change in changes] == [
            ("10.0.0.2", "ALIVE"),
            ("10.0.0.2", "DEAD"),
        ]


class TestKeptFleet:
    def test_it_looks_for_jobs_once_its_cluster_has_started_and_tells_of_hosts_if_none_came(
        self, fleet, s3, monkeypatch
    ):
        order = []

        class Queue:
            def __init__(self, *_):
                pass

            def start(self):
                order.append("jobs")

            def refuse_rest(self, *_):
                order.append("refused")

        monkeypatch.setattr(kept_fleet, "JobQueue", Queue)
        monkeypatch.setattr(fleet.cluster, "start_head", lambda *_: order.append("cluster"))
        with pytest.raises(StepFailed):
            KeptFleet(fleet, SimpleNamespace()).keep("secret")
        assert order == ["cluster", "jobs", "refused"]
        assert f"{FOLDER}hosts/i-1.json" in s3.objects


class TestHostReports:
    @pytest.fixture
    def reports(self, s3, settings, clock, monkeypatch):
        monkeypatch.setattr(host_reports, "time", clock)
        return HostReports(s3, settings)

    def test_each_is_read_once(self, reports, s3):
        s3.report(2)
        seen = {"10.0.0.2"}
        ask = lambda: [report["instanceId"] for report in reports.of(lambda: seen, lambda: seen)]  # noqa: E731
        assert ask() == ["i-2"]
        s3.report(3)
        seen.add("10.0.0.3")
        assert ask() == ["i-2", "i-3"]
        assert s3.read == [f"{FOLDER}hosts/i-2.json", f"{FOLDER}hosts/i-3.json"]

    def test_one_that_does_not_come_is_waited_for_once(self, reports, s3):
        alive = {"10.0.0.2"}
        assert reports.of(lambda: alive, lambda: alive) == []
        assert s3.listed > 2
        s3.listed = 0
        assert reports.of(lambda: alive, lambda: alive) == []
        assert s3.listed == 1

    def test_the_later_host_of_an_address_counts(self, reports, s3):
        s3.report(2, ready_at=5, address="10.0.0.9")
        s3.report(3, ready_at=4, address="10.0.0.9")
        seen = {"10.0.0.9"}
        assert [report["instanceId"] for report in reports.of(lambda: seen, lambda: seen)] == ["i-2"]
