"""Tests of batches of workloads with several stages, and of what a process keeps of them."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
import totals_workload
from engines import contract
from fanfleet.batch_images import Unwanted
from fanfleet.inputs import InputDamaged
from fanfleet.kept_batches import KeptBatch, KeptBatches, has_room
from fanfleet.kernels import why_not_native
from fanfleet.task import Task
from fanfleet.workloads.runner import Loaded
from fanfleet.workloads.runners import reducer_of, runner_of, staged_runner_of
from run_in_memory import ARM, MANIFEST, do, folder_of, labels, options_of, tasks_of
from totals_workload import FILES, TOTALS, WORKLOAD, Step, run_of_totals, state_of

KERNELS = ["portable", *([] if why_not_native() else ["native"])]


@pytest.mark.parametrize("kernel", KERNELS)
class TestStagedBatch:
    @pytest.fixture(autouse=True)
    def start(self, monkeypatch, kernel):
        self.bucket = run_of_totals(monkeypatch)
        self.stage = {"number": 0, "state": self.bucket.json("runs/r/inputs.json")["start"]}
        self.kernel = kernel

    def stage_of(self, number, shift):
        return {
            "number": number,
            "state": self.bucket.place(f"{folder_of(number - 1)}outcome.json", state_of(2, 1, shift)),
        }

    def test_rows_and_files_are_in_the_folder_of_the_stage_and_what_has_no_pixels_is_its_error(self):
        spans = [do(self.bucket, task) for task in tasks_of(self.bucket, WORKLOAD, self.stage, self.kernel)]
        differs = "SIZE_DIFFERS"
        assert labels(self.bucket, 0) == {
            **{"a.png": "106", "b.png": "112", "c.png": differs, "d.png": "NOT_AN_IMAGE"},
            **{"e.png": "118", "f.png": differs, "g.png": "124"},
        }
        assert self.bucket.below(f"{folder_of(0)}totals/") == {"000000000.json": b"18", "000000001.json": b"42"}
        assert [row for row in self.bucket.below(ARM) if not row.startswith("stage-0/")] == []
        assert [span["stage"] for span in spans] == [0, 0]
        assert [(span["items"], span["errors"], span["droppedBits"]) for span in spans] == [(4, 2, 0), (3, 1, 1)]
        assert spans[0]["bytes"] == sum(len(FILES[key]) for key in ("a.png", "b.png", "c.png", "d.png"))
        assert "gets" not in spans[0]
        assert spans[0] == self.bucket.json(f"{folder_of(0)}spans/000000000.json")
        first, second = Step.steps
        assert (first.pixels.dtype, first.pixels.shape, second.pixels.shape) == (np.uint8, (2, 6), (2, 6))
        # Not copied, though it has no pixels of two images: it would be in memory twice.
        assert first.pixels.base is not None

    def test_a_later_stage_takes_what_is_kept_and_asks_s3_for_its_state_alone(self):
        loaded = [do(self.bucket, task) for task in tasks_of(self.bucket, WORKLOAD, self.stage, self.kernel)]
        for number, shift in ((1, 1000), (2, 2000)):
            stage = self.stage_of(number, shift)
            tasks = tasks_of(self.bucket, WORKLOAD, stage, self.kernel)
            self.bucket.asked.clear()
            spans = [do(self.bucket, task) for task in tasks]
            assert self.bucket.asked == [stage["state"]["key"]]
            found = labels(self.bucket, number)
            assert {key: found[key] for key in TOTALS} == {key: str(shift + total) for key, total in TOTALS.items()}
            for span, before in zip(spans, loaded, strict=True):
                own = ("gets", "getMs", "loadMs", "decodeMs", "bytes", "stage")
                assert [span[name] for name in own] == [0, 0, 0, 0, 0, number]
                assert span["processMs"] == span["computeMs"] > 0
                told = ("items", "errors", "droppedBits", "left", "kernel")
                assert [span[name] for name in told] == [before[name] for name in told]

    def test_one_that_is_not_kept_is_loaded_in_a_later_stage_and_has_the_same_rows(self):
        task, _ = tasks_of(self.bucket, WORKLOAD, self.stage_of(1, 1000), self.kernel)
        span = do(self.bucket, task)
        assert "gets" not in span
        assert span["bytes"] > 0
        rows = labels(self.bucket, 1)
        again = tasks_of(self.bucket, WORKLOAD, self.stage_of(2, 1000), self.kernel)[0]
        assert do(self.bucket, again)["gets"] == 0
        assert labels(self.bucket, 2) == rows

    def test_the_first_stage_loads_however_often_it_is_done(self):
        task, _ = tasks_of(self.bucket, WORKLOAD, self.stage, self.kernel)
        assert [do(self.bucket, task)["bytes"] > 0 for _ in range(2)] == [True, True]

    def test_batches_of_a_single_map_are_of_another_run_and_leave_nothing_of_this_one(self):
        for task in tasks_of(self.bucket, WORKLOAD, self.stage, self.kernel):
            do(self.bucket, task)
        workload = {"name": "statistics", "params": {"operation": "max", "depth": "8"}}
        line = json.loads(tasks_of(self.bucket, WORKLOAD, self.stage_of(1, 0), self.kernel)[0])
        place = {name: line[name] for name in ("bucket", "image_memory", "round", "batch", "offset", "length")}
        self.bucket.objects["runs/q/manifest.json"] = self.bucket.objects[MANIFEST]
        single = Task("s3://runs/runs/q/manifest.json", "s3://runs/q/", workload=workload, queued_at=0.0, **place)
        do(self.bucket, single.to_json())
        assert do(self.bucket, tasks_of(self.bucket, WORKLOAD, self.stage_of(1, 0), self.kernel)[0])["bytes"] > 0

    def test_one_that_nobody_waits_for_is_left_whether_it_is_kept_or_not(self):
        for number in (0, 1):
            stage = self.stage if number == 0 else self.stage_of(1, 0)
            task, _ = tasks_of(self.bucket, WORKLOAD, stage, self.kernel)
            with pytest.raises(Unwanted):
                do(self.bucket, task, lambda: False)
            assert self.bucket.below(f"{folder_of(number)}results/") == {}
            do(self.bucket, task)

    def test_a_state_with_other_bytes_is_refused(self):
        stage = self.stage_of(1, 0)
        self.bucket.objects[stage["state"]["key"]] += b" "
        with pytest.raises(InputDamaged, match=f"at s3://runs/{stage['state']['key']} but got"):
            do(self.bucket, tasks_of(self.bucket, WORKLOAD, stage, self.kernel)[0])


def kept(size):
    return KeptBatch(Loaded((), np.zeros((1, size), np.uint8)), 0, {})


class TestKeptBatches:
    def test_keeps_batches_of_one_round(self):
        batches = KeptBatches(100, lambda size: True)
        batches.leave_others("a")
        one = kept(10)
        batches.put("a", 3, 0, one)
        batches.put("b", 4, 0, kept(10))
        assert batches.get("a", 3, 1) is one
        assert (batches.get("a", 4, 1), batches.get("b", 4, 1)) == (None, None)
        batches.leave_others("a")
        assert batches.get("a", 3, 2) is one
        batches.leave_others("b")
        assert batches.get("a", 3, 3) is None
        batches.leave_others("a")
        assert batches.get("a", 3, 3) is None

    def test_a_round_of_more_than_there_is_room_for_finds_what_it_kept_first(self):
        batches = KeptBatches(35, lambda size: True)
        batches.leave_others("a")
        found = []
        for stage in range(3):
            for batch in range(5):
                found.append(batches.get("a", batch, stage) is not None)
                if not found[-1]:
                    batches.put("a", batch, stage, kept(10))
        assert found == [False] * 5 + [True, True, True, False, False] * 2

    def test_so_does_one_whose_batches_come_in_another_order(self):
        batches = KeptBatches(35, lambda size: True)
        batches.leave_others("a")
        for batch in range(5):
            batches.put("a", batch, 0, kept(10))
        found = []
        for batch in (4, 3, 2, 1, 0):
            found.append(batches.get("a", batch, 1) is not None)
            if not found[-1]:
                batches.put("a", batch, 1, kept(10))
        assert found == [False, False, True, True, True]

    def test_what_others_do_by_now_makes_room(self):
        batches = KeptBatches(35, lambda size: True)
        batches.leave_others("a")
        for batch in range(3):
            batches.put("a", batch, 0, kept(10))
        for stage in (1, 2):
            assert batches.get("a", 1, stage) is not None
        batches.put("a", 7, 2, kept(20))
        assert [batches.get("a", batch, 2) is not None for batch in (0, 1, 2, 7)] == [False, True, False, True]

    def test_one_that_is_put_again_takes_its_own_place(self):
        batches = KeptBatches(15, lambda size: True)
        batches.leave_others("a")
        batches.put("a", 0, 0, kept(10))
        again = kept(10)
        batches.put("a", 0, 0, again)
        assert batches.get("a", 0, 1) is again

    def test_rows_count_too(self):
        batches = KeptBatches(1000, lambda size: True)
        batches.leave_others("a")
        batches.put("a", 0, 0, KeptBatch(Loaded([{}] * 2, np.zeros((0, 6), np.uint8)), 0, {}))
        assert batches.get("a", 0, 1) is None

    def test_nothing_is_kept_where_the_host_has_no_memory_to_spare(self):
        asked = []
        batches = KeptBatches(100, lambda size: bool(asked.append(size)))
        batches.leave_others("a")
        batches.put("a", 0, 0, kept(10))
        assert (batches.get("a", 0, 1), asked) == (None, [10])

    def test_a_quarter_of_the_host_stays_free(self, monkeypatch):
        usage = SimpleNamespace(memory_bytes=600, memory_limit_bytes=1000)
        monkeypatch.setattr("fanfleet.kept_batches._read_usage", lambda: lambda: usage)
        assert (has_room(150), has_room(151)) == (True, False)

    def test_where_memory_cannot_be_told_there_is_none(self, monkeypatch):
        def refuse():
            raise OSError("no /proc here")

        monkeypatch.setattr("fanfleet.kept_batches._read_usage", lambda: refuse)
        assert not has_room(1)

    def test_this_machine_tells(self):
        assert has_room(1 - 2**60)
        assert not has_room(2**60)


def test_a_single_map_is_as_it_was(monkeypatch):
    bucket = run_of_totals(monkeypatch)
    settings, options = options_of(WORKLOAD, None)
    assert "--stage" not in settings.engine_arguments("runs", None)
    assert (options.stage, options.out) == (None, f"s3://runs/{ARM}")
    [first, _] = contract.pending_tasks(bucket, options)
    assert first.stage is None


def test_a_workload_with_stages_is_no_single_map_nor_the_other_way_round(monkeypatch):
    totals_workload.register(monkeypatch)
    single = {"name": "statistics", "params": {"operation": "max", "depth": "8"}}
    expected = "Expected a workload of statistics, .* but got totals"
    with pytest.raises(ValueError, match=expected):
        runner_of(WORKLOAD)
    for read in (staged_runner_of, lambda workload: reducer_of(workload, 0, b"")):
        with pytest.raises(ValueError, match=r"with stages of .*totals but got statistics"):
            read(single)
