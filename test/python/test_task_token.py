"""Tests of the token that Step Functions waits with."""

import threading

from fanfleet.task_token import TaskToken
from refusals import refusal
from waiting import LIMIT_S


class Waiter:
    """Step Functions, as far as a token goes: it refuses after so many heartbeats."""

    def __init__(self, beats):
        self.beats = beats
        self.outcomes = []

    def send_task_heartbeat(self, taskToken):
        self.beats -= 1
        if self.beats < 0:
            raise refusal("TaskTimedOut")

    def send_task_success(self, **outcome):
        self.outcomes.append(outcome)

    def send_task_failure(self, **outcome):
        self.outcomes.append(outcome)


class TestTaskToken:
    def test_a_token_that_timed_out_is_gone(self):
        token = TaskToken(Waiter(2), "t", heartbeat_s=0.01)
        token.start()
        assert token.gone.wait(LIMIT_S)

    def test_a_heartbeat_that_was_under_way_while_it_was_settled_says_nothing(self):
        under_way, settled = threading.Event(), threading.Event()

        class Slow(Waiter):
            def send_task_heartbeat(self, taskToken):
                under_way.set()
                settled.wait(LIMIT_S)
                raise refusal("TaskTimedOut")

        token = TaskToken(Slow(0), "t")
        token.start()
        assert under_way.wait(LIMIT_S)
        token.succeed({})
        settled.set()
        token._thread.join(LIMIT_S)
        assert not token.gone.is_set()

    def test_a_cause_is_cut_to_what_step_functions_takes(self):
        waiter = Waiter(9)
        TaskToken(waiter, "t").fail("EngineFailed", "x" * 5000)
        assert waiter.outcomes == [{"taskToken": "t", "error": "EngineFailed", "cause": "x" * 1000}]
