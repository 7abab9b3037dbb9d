"""Tests of the head of workloads with several stages: what it adds up, and what it has its engine do."""

import hashlib
import json
import threading
from types import SimpleNamespace

import pytest
import totals_workload
from fanfleet.fleet_job import REPORT_RESERVE_S, FleetJob
from fanfleet.stages import Stages
from fanfleet.steps import StepFailed
from run_in_memory import ARM, Engine, do, folder_of, labels, options_of, out_of, tasks_of
from totals_workload import TOTALS, WORKLOAD, grey, run_of_totals, state_of
from waiting import Clock


class TestReduce:
    @pytest.fixture(autouse=True)
    def start(self, monkeypatch):
        self.bucket = bucket = run_of_totals(monkeypatch)
        self.settings, _ = options_of(WORKLOAD, None)
        self.stages = Stages(bucket, "runs", self.settings)

    def put_totals(self, stage, *totals):
        for batch, total in enumerate(totals):
            self.bucket.objects[f"{folder_of(stage)}totals/{batch:09d}.json"] = str(total).encode()

    def test_the_first_stage_begins_with_what_was_prepared(self):
        assert self.stages.first() == {"number": 0, "state": self.bucket.json("runs/r/inputs.json")["start"]}

    def test_a_stage_adds_up_to_the_state_of_the_next_one_until_the_last(self):
        stage = self.stages.first()
        for number, shift in enumerate((110, 120, 130)):
            self.put_totals(number, 3, 7)
            stage = self.stages.reduce(stage, lambda: None)
            reduced = self.bucket.json(f"{folder_of(number)}reduced.json")
            outcome = self.bucket.objects[f"{folder_of(number)}outcome.json"]
            assert outcome == state_of(2, 1, shift)
            assert reduced["outcome"] == {
                "key": f"{folder_of(number)}outcome.json",
                "sha256": hashlib.sha256(outcome).hexdigest(),
                "bytes": len(outcome),
            }
            assert (reduced["stage"], reduced["batches"], reduced["isLast"]) == (number, 2, number == 2)
            assert reduced["startedAt"] <= reduced["endedAt"]
            assert reduced["cpuMs"] >= 0
            assert stage == (None if number == 2 else {"number": number + 1, "state": reduced["outcome"]})
            assert self.stages.first() == stage

    def test_the_outcome_is_there_before_it_is_said_to_be(self):
        self.put_totals(0, 3, 7)
        self.bucket.refused.add(f"{folder_of(0)}outcome.json")
        with pytest.raises(OSError):
            self.stages.reduce(self.stages.first(), lambda: None)
        assert f"{folder_of(0)}reduced.json" not in self.bucket.objects

    def test_files_are_added_up_in_the_order_of_the_manifest_whatever_comes_first(self, monkeypatch):
        files = {f"{number:03}.png": grey(1) for number in range(30)}
        self.bucket.put_run(files, 1, state_of(2, 1, 0))
        self.put_totals(0, *range(30))
        seen, early = [], threading.Event()
        get = self.bucket.get_object

        def get_late(Bucket, Key, **options):
            if Key.endswith("totals/000000000.json"):
                assert early.wait(60)
            if Key.endswith("totals/000000005.json"):
                early.set()
            return get(Bucket, Key, **options)

        monkeypatch.setattr(self.bucket, "get_object", get_late)
        monkeypatch.setattr(totals_workload.Reducer, "add", lambda self, file: seen.append(int(file)))
        self.stages.reduce(self.stages.first(), lambda: None)
        assert seen == list(range(30))

    @pytest.mark.parametrize(
        ("batches", "missing", "first"), [(1, "1 is missing", "000000001"), (0, "2 are missing", "000000000")]
    )
    def test_a_stage_that_lacks_files_says_how_many_and_how_to_go_on(self, batches, missing, first):
        self.put_totals(0, *range(batches))
        with pytest.raises(StepFailed) as caught:
            self.stages.reduce(self.stages.first(), lambda: None)
        assert caught.value.code == "StageIncomplete"
        assert str(caught.value) == (
            f"Expected a file of each of the 2 batches of stage 0 but {missing}, first"
            f" {folder_of(0)}totals/{first}.json: go on with what is done by `fanfleet run --resume r`."
        )

    def test_a_file_that_no_worker_writes_is_named(self):
        self.put_totals(0, 3, "x")
        with pytest.raises(StepFailed, match=f"{folder_of(0)}totals/000000001.json as its worker wrote it") as caught:
            self.stages.reduce(self.stages.first(), lambda: None)
        assert caught.value.code == "OutcomeDamaged"

    @pytest.mark.parametrize("text", ["", "[]", "{}", '{"stage": 0, "isLast": "no", "outcome": {"sha256": "a"}}'])
    def test_what_does_not_say_how_a_stage_was_reduced_is_named(self, text):
        self.bucket.objects[f"{folder_of(0)}reduced.json"] = text.encode()
        with pytest.raises(StepFailed, match=r"reduced\.json to say how stage 0 was reduced") as caught:
            self.stages.first()
        assert caught.value.code == "OutcomeDamaged"


class TestFleetJob:
    @pytest.fixture(autouse=True)
    def start(self, monkeypatch):
        self.bucket = bucket = run_of_totals(monkeypatch)
        self.engine = Engine(bucket)
        self.clock = Clock()
        monkeypatch.setattr("fanfleet.fleet_job.time", self.clock)
        monkeypatch.setattr("fanfleet.fleet_job.client", lambda service: bucket)
        monkeypatch.setattr("fanfleet.fleet_job.later", lambda service: bucket)
        settings = SimpleNamespace(runs_bucket="runs", stall_s=600.0, alone_s=60.0)
        self.fleet = SimpleNamespace(engine=self.engine, settings=settings, alive={"10.0.0.1"})
        self.job = FleetJob(self.fleet, options_of(WORKLOAD, None)[0])

    def run(self, deadline_s=3600.0, is_unwanted=lambda: False):
        self.job.run(self.clock.time() + deadline_s, is_unwanted)

    def code_of(self, **options):
        with pytest.raises(StepFailed) as caught:
            self.run(**options)
        return caught.value.code, str(caught.value)

    def test_does_stage_after_stage_until_the_last(self):
        self.run()
        assert self.engine.stages == [0, 1, 2]
        shift = 100
        for number in range(3):
            found = labels(self.bucket, number)
            assert {key: found[key] for key in TOTALS} == {key: str(shift + total) for key, total in TOTALS.items()}
            shift += 60
            assert self.bucket.objects[f"{folder_of(number)}outcome.json"] == state_of(2, 1, shift)
            seen = [json.loads(line) for line in self.bucket.objects[f"{folder_of(number)}seen.jsonl"].splitlines()]
            assert [each["batch"] for each in seen] == [0, 1]
        assert self.bucket.json(f"{folder_of(2)}reduced.json")["isLast"]
        assert f"{ARM}seen.jsonl" not in self.bucket.objects
        assert [span["gets"] for name, span in self.spans() if name.startswith("stage-2/")] == [0, 0]

    def spans(self):
        return [(key, json.loads(body)) for key, body in self.bucket.below(ARM).items() if "/spans/" in key]

    def test_files_of_no_batch_that_lie_among_others_change_nothing(self):
        for folder in ("results", "spans", "totals"):
            for name in ("notes.json", ".keep", "000000001.txt", "000000001.json.part"):
                self.bucket.objects[f"{folder_of(0)}{folder}/{name}"] = b""
        self.run()
        assert self.engine.stages == [0, 1, 2]
        assert [task.batch for task in self.engine.tasks] == [0, 1] * 3
        assert self.bucket.objects[f"{folder_of(0)}outcome.json"] == state_of(2, 1, 160)

    def test_each_task_says_its_stage_and_where_its_state_is(self):
        self.run()
        starts = [self.bucket.json("runs/r/inputs.json")["start"]]
        starts += [self.bucket.json(f"{folder_of(number)}reduced.json")["outcome"] for number in range(2)]
        for number, state in enumerate(starts):
            for task in self.engine.tasks[2 * number : 2 * number + 2]:
                assert (task.stage, task.out) == ({"number": number, "state": state}, out_of(number))
                assert json.loads(task.to_json())["stage"] == {"number": number, "state": state}

    def test_goes_on_at_the_first_stage_that_is_not_reduced_and_does_what_it_lacks(self):
        self.run()
        expected = self.bucket.below(f"{folder_of(2)}results/")
        for key in [key for key in self.bucket.objects if key.startswith(folder_of(2))]:
            del self.bucket.objects[key]
        for name in ("reduced.json", "results/000000001.jsonl", "spans/000000001.json"):
            del self.bucket.objects[f"{folder_of(1)}{name}"]
        self.engine.stages.clear()
        self.engine.tasks.clear()
        self.run()
        assert self.engine.stages == [1, 2]
        assert [(task.stage["number"], task.batch) for task in self.engine.tasks] == [(1, 1), (2, 0), (2, 1)]
        assert self.bucket.below(f"{folder_of(2)}results/") == expected

    def test_does_a_batch_again_of_which_any_file_is_gone(self):
        self.run()
        for name in ("results/000000000.jsonl", "totals/000000000.json", "spans/000000000.json"):
            expected = dict(self.bucket.objects)
            for gone in (f"{folder_of(1)}{name}", f"{folder_of(1)}reduced.json"):
                del self.bucket.objects[gone]
            self.engine.tasks.clear()
            self.run()
            assert [(task.stage["number"], task.batch) for task in self.engine.tasks] == [(1, 0)]
            assert self.bucket.objects.keys() == expected.keys()
            for part in ("results/", "totals/", "outcome.json"):
                folder = f"{folder_of(1)}{part}"
                assert self.bucket.below(folder) == {
                    key.removeprefix(folder): body for key, body in expected.items() if key.startswith(folder)
                }

    def test_has_nothing_to_do_where_the_last_stage_is_reduced(self):
        self.run()
        self.engine.stages.clear()
        self.run()
        assert self.engine.stages == []

    def test_a_stage_that_fails_says_how_far_it_came(self):
        def fail(stage, watch):
            if stage["number"] == 1:
                do(self.bucket, tasks_of(self.bucket, WORKLOAD, stage)[0])
                raise StepFailed("EngineFailed", "exit status 1")

        self.engine.before = fail
        code, message = self.code_of()
        assert code == "EngineFailed"
        expected = "1 of 2 batches of stage 1 were done and 1 are missing; `fanfleet run --resume r` does only these."
        assert message == f"{expected} exit status 1"
        assert [
            json.loads(line)["batch"] for line in self.bucket.objects[f"{folder_of(1)}seen.jsonl"].splitlines()
        ] == [0]

    def test_is_given_up_between_stages_once_its_deadline_has_passed_or_nobody_waits(self):
        def late(stage, watch):
            assert watch.deadline == self.begun + 3600.0 - REPORT_RESERVE_S
            self.clock.sleep(2000)

        self.begun = self.clock.time()
        self.engine.before = late
        code, message = self.code_of()
        assert (code, self.engine.stages) == ("DeadlinePassed", [0, 1])
        assert "Stage 1 was not reduced, though all of its batches were done" in message
        self.engine.before = lambda stage, watch: None
        assert self.code_of(is_unwanted=lambda: True)[0] == "TaskGone"

    def test_counts_starts_of_the_engine_over_all_stages(self, monkeypatch):
        self.engine.before = lambda stage, watch: 1 + stage["number"]
        told = {}
        self.run()
        monkeypatch.setattr(self.bucket, "put_object", lambda **put: told.update(json.loads(put["Body"])))
        facts = {"joined": [], "seen": set(), "host_reports": list, "cluster_status": str, "versions": dict}
        cluster = SimpleNamespace(settings=dict)
        self.fleet.settings.__dict__.update(engine="ray", workers=1, scaling_subnets=[])
        vars(self.fleet).update(facts, cluster=cluster, dashboard="", started_at=0, workers_ready_at=0)
        self.fleet.server_clock = SimpleNamespace(offset=lambda: None)
        self.job.put_info(None)
        assert told["settings"]["attempts"] == "4"
