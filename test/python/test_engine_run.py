"""Tests of how the head starts its engine and watches it."""

import subprocess
import sys
import time
from itertools import count
from types import SimpleNamespace

import pytest
from fanfleet.engine_run import EngineRunner, Watch
from fanfleet.steps import StepFailed
from refusals import refusal
from waiting import LIMIT_S


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

    def patient_watch(self, **changes):
        values = {
            "deadline": time.time() + LIMIT_S,
            "stall_s": LIMIT_S,
            "is_unwanted": lambda: False,
            "count_done": lambda: 0,
            "has_workers": lambda: True,
            "alone_s": LIMIT_S,
        }
        return Watch(**{**values, "poll_s": 0.05, **changes})

    def run_script(self, script, **changes):
        file = f"f = open({str(self.starts)!r}, 'r+')"
        preamble = f"import sys, time; {file}; n = len(f.read()); f.write('x'); f.close()\n"
        runner = EngineRunner([sys.executable, "-c", f"{preamble}{script}\nprint('done')"], {})
        self.runners.append(runner)
        return runner.run(["--job", "1"], self.patient_watch(**changes))

    def code_of(self, script, **changes):
        with pytest.raises(StepFailed) as caught:
            self.run_script(script, **changes)
        return caught.value.code, str(caught.value)

    def count(self):
        return len(self.starts.read_text())

    def starts_of_processes(self, monkeypatch):
        """How many engines had come to their first line when each of them was started."""
        begin, begun = subprocess.Popen, []

        def start(*arguments, **options):
            begun.append(self.count())
            return begin(*arguments, **options)

        monkeypatch.setattr(subprocess, "Popen", start)
        return begun

    def stalls_until(self, attempt, monkeypatch):
        """What tells of progress all the time, but after the first line of an engine that is no such attempt yet.

        However long a busy machine takes to start a process, that is no stall then.
        """
        begun, progress = self.starts_of_processes(monkeypatch), count()
        return lambda: 0 if len(begun) < attempt and self.count() > begun[-1] else next(progress)

    def test_an_engine_that_fails_is_started_again(self):
        assert self.run_script("n or sys.exit(5)") == 2

    def test_one_engine_does_job_after_job_and_another_takes_the_place_of_one_that_ended(self):
        script = "for line in sys.stdin:\n    print('done', flush=True)\n    'last' in line and sys.exit(0)\n"
        file = f"f = open({str(self.starts)!r}, 'a'); f.write('x'); f.close()\n"
        runner = EngineRunner([sys.executable, "-c", f"import sys; {file}{script}"], {})
        self.runners.append(runner)
        watch = self.patient_watch()
        runner.start()
        for job in ("first", "second", "last"):
            assert runner.run([job], watch) == 1
        assert self.count() == 1
        # It is no attempt to find that the other one has ended, unless that comes to be known only then.
        assert runner.run(["of the next"], watch) <= 2
        assert self.count() == 2

    def run_warm(self, script, *is_unwanted):
        """What the one engine does that was told to warm up, and then given a job."""
        file = f"f = open({str(self.starts)!r}, 'r+')"
        preamble = f"import sys, time; {file}; n = len(f.read()); f.write('x'); f.close()\n"
        runner = EngineRunner([sys.executable, "-c", preamble + script], {})
        self.runners.append(runner)
        runner.warm(2, 1.0, *is_unwanted)
        return runner.run(["job"], self.patient_watch())

    def test_a_warm_engine_does_its_job(self):
        assert self.run_warm("for line in sys.stdin: print('warm' if 'warm' in line else 'done', flush=True)") == 1
        assert self.count() == 1

    def test_one_that_dies_while_its_workers_get_warm_is_started_anew_and_does_its_job(self):
        assert self.run_warm("n or sys.exit(3)\nfor line in sys.stdin: print('done', flush=True)") == 1
        assert self.count() == 2

    def test_one_that_hangs_while_its_workers_get_warm_is_started_anew_and_does_its_job(self, monkeypatch):
        begun = self.starts_of_processes(monkeypatch)
        # The first one has no more time from its first line on, however long it took to come to that.
        is_over = lambda: len(begun) == 1 and self.count() == 1  # noqa: E731
        clock = SimpleNamespace(time=lambda: time.time() + (2 * LIMIT_S if is_over() else 0))
        monkeypatch.setattr("fanfleet.engine_run.time", clock)
        assert self.run_warm("n or time.sleep(600)\nfor line in sys.stdin: print('done', flush=True)") == 1
        assert self.count() == 2

    def test_nobody_waits_for_one_that_is_not_wanted_any_more(self):
        # The next one would take its answer for that of a job.
        script = "n or time.sleep(600)\nfor line in sys.stdin: print('done', flush=True)"
        assert self.run_warm(script, lambda: self.count() > 0) == 1
        assert self.count() == 2

    def test_an_engine_that_stalls_is_started_again(self, monkeypatch):
        count_done = self.stalls_until(2, monkeypatch)
        assert self.run_script("n or time.sleep(600)", stall_s=0.3, count_done=count_done) == 2

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
        # From its first line on.
        has_workers = lambda: self.count() == 0 or next(workers, False)  # noqa: E731
        code, _ = self.code_of("time.sleep(600)", has_workers=has_workers, alone_s=0.3)
        assert (code, self.count()) == ("NoWorkersLeft", 1)

    def test_an_s3_that_does_not_answer_is_no_progress_and_no_failure(self, monkeypatch):
        def refused():
            raise refusal("SlowDown")

        assert self.run_script("time.sleep(0.5)", count_done=refused) == 1
        done = self.stalls_until(2, monkeypatch)
        attempts = self.run_script("n < 2 and time.sleep(600)", count_done=lambda: done() or refused(), stall_s=0.3)
        assert attempts == 2

    def test_it_is_stopped_at_once_at_the_deadline_or_if_nobody_waits(self):
        assert self.code_of("time.sleep(600)", deadline=time.time() + 0.2)[0] == "DeadlinePassed"
        assert self.code_of("time.sleep(600)", is_unwanted=lambda: True)[0] == "TaskGone"
        # Each was started once at most: on a busy machine it is stopped before it can say so.
        assert self.count() <= 2
