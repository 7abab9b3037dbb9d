"""Tests of the timed steps of a boot."""

import time
from contextlib import contextmanager

from engines.contract import main
from fanfleet.process_clock import started_at_ms
from fanfleet.steps import Steps


class TestSteps:
    def test_has_the_start_of_each_step_after_those_of_the_boot_script(self, tmp_path):
        file = tmp_path / "steps.tsv"
        file.write_text("bundle\t120\t1700000000000\n")
        steps = Steps(file)
        before = time.time() * 1000
        with steps.step("cluster"):
            time.sleep(0.02)
        steps.add_since("imports", before - 5_000)

        bundle, cluster, imports = steps.all()

        assert bundle == {"name": "bundle", "ms": 120, "startedAt": 1_700_000_000_000}
        # To the nearest millisecond.
        assert before - 1 <= cluster["startedAt"] <= time.time() * 1000 - 19.5
        assert cluster["ms"] >= 20
        assert imports["startedAt"] == round(before - 5_000)
        assert imports["ms"] >= 5_000

    def test_an_engine_adds_what_it_took_to_be_there(self, tmp_path, monkeypatch):
        file = tmp_path / "steps.tsv"
        file.write_text("cluster\t1\t2\n")
        monkeypatch.setenv("FANFLEET_STEPS", str(file))

        @contextmanager
        def opened():
            time.sleep(0.02)
            yield lambda tasks: None

        main(opened, ['"connect"\n'])

        assert [step["name"] for step in Steps(file).all()] == ["cluster", "engine imports", "engine connects"]
        assert Steps(file).all()[2]["ms"] >= 20

    def test_what_later_processes_add_is_left_out_once_they_are_frozen(self, tmp_path):
        file = tmp_path / "steps.tsv"
        head = Steps(file)
        with head.step("workers"):
            pass
        Steps(file).add_since("engine connects", 0)
        head.freeze()
        Steps(file).add_since("engine connects", 0)
        assert [step["name"] for step in head.all()] == ["workers", "engine connects"]

    def test_a_process_knows_when_it_was_started(self):
        assert 0 < time.time() * 1000 - started_at_ms() < 86_400_000
        # It reads two clocks one after the other, and may lose the processor in between.
        assert min(abs(started_at_ms() - started_at_ms()) for _ in range(50)) < 30
