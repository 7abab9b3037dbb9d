"""Tests of how the head starts its engine and watches it."""

import sys
import time

import pytest
from fanfleet.engine_run import EngineRunner, Watch
from fanfleet.steps import StepFailed
from refusals import refusal


class TestEngineRun:
    """The engine here is a script that does something else at each start, which it counts, and then answers."""

    @pytest.fixture(autouse=True)
    def engine(self, tmp_path):
        self.starts = tmp_path / "starts"
        self.starts.touch()
        self.runners = []
        yield
        for runner in self.runners:
            runner.stop()

    def run_script(self, script, **changes):
        file = f"f = open({str(self.starts)!r}, 'r+')"
        preamble = f"import sys, time; {file}; n = len(f.read()); f.write('x'); f.close()\n"
        values = {
            "deadline": time.time() + 30,
            "stall_s": 20.0,
            "is_unwanted": lambda: False,
            "count_done": lambda: 0,
            "has_workers": lambda: True,
        }
        watch = Watch(**{**values, "poll_s": 0.05, **changes})
        runner = EngineRunner([sys.executable, "-c", f"{preamble}{script}\nprint('done')"], {})
        self.runners.append(runner)
        return runner.run(["--job", "1"], watch)

    def code_of(self, script, **changes):
        with pytest.raises(StepFailed) as caught:
            self.run_script(script, **changes)
        return caught.value.code, str(caught.value)

    def count(self):
        return len(self.starts.read_text())

    def test_an_engine_that_fails_is_started_again(self):
        assert self.run_script("n or sys.exit(5)") == 2

    def test_one_engine_does_job_after_job_and_another_takes_the_place_of_one_that_ended(self):
        script = "for line in sys.stdin:\n    print('done', flush=True)\n    'last' in line and sys.exit(0)\n"
        file = f"f = open({str(self.starts)!r}, 'a'); f.write('x'); f.close()\n"
        runner = EngineRunner([sys.executable, "-c", f"import sys; {file}{script}"], {})
        self.runners.append(runner)
        watch = Watch(time.time() + 30, 20.0, lambda: False, lambda: 0, lambda: True, poll_s=0.05)
        runner.start()
        for job in ("first", "second", "last"):
            assert runner.run([job], watch) == 1
        assert self.count() == 1
        # It is no attempt to find that the other one has ended, unless that comes to be known only then.
        assert runner.run(["of the next"], watch) <= 2
        assert self.count() == 2

    def test_an_engine_that_stalls_is_started_again(self):
        assert self.run_script("n or time.sleep(60)", stall_s=0.5) == 2

    def test_an_engine_that_makes_progress_is_left_alone(self):
        progress = iter(range(1000))
        attempts = self.run_script("time.sleep(1.5)", stall_s=0.5, count_done=lambda: next(progress))
        assert attempts == 1

    def test_it_is_given_up_after_three_attempts_with_its_last_lines(self):
        code, message = self.code_of("print('no luck', file=sys.stderr); sys.exit(5)")
        assert (code, self.count()) == ("EngineFailed", 3)
        assert "no luck" in message

    def test_it_is_given_up_once_no_worker_is_left_for_a_while(self):
        workers = iter([True, False, True])
        code, _ = self.code_of("time.sleep(60)", has_workers=lambda: next(workers, False), alone_s=0.3)
        assert (code, self.count()) == ("NoWorkersLeft", 1)

    def test_an_s3_that_does_not_answer_is_no_progress_and_no_failure(self):
        def count_done():
            raise refusal("SlowDown")

        assert self.run_script("time.sleep(0.5)", count_done=count_done) == 1
        assert self.run_script("n < 2 and time.sleep(60)", count_done=count_done, stall_s=0.3) == 2

    def test_it_is_stopped_at_once_at_the_deadline_or_if_nobody_waits(self):
        assert self.code_of("time.sleep(60)", deadline=time.time() + 0.2)[0] == "DeadlinePassed"
        assert self.code_of("time.sleep(60)", is_unwanted=lambda: True)[0] == "TaskGone"
        # Each was started once at most: on a busy machine it is stopped before it can say so.
        assert self.count() <= 2
