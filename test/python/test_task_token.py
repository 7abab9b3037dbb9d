"""Tests of the token that Step Functions waits with."""

from fanfleet.task_token import TaskToken
from refusals import refusal


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
        assert token.gone.wait(5)

    def test_a_cause_is_cut_to_what_step_functions_takes(self):
        waiter = Waiter(9)
        TaskToken(waiter, "t").fail("EngineFailed", "x" * 5000)
        assert waiter.outcomes == [{"taskToken": "t", "error": "EngineFailed", "cause": "x" * 1000}]
