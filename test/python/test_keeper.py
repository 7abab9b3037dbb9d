"""Tests of the tokens of the execution that keeps a fleet."""

import json
from types import SimpleNamespace

import pytest
from fanfleet import keeper
from fanfleet.keeper import Keeper
from refusals import refusal
from waiting import until


class Services:
    """Parameter and Step Functions, as far as a head asks for them; heartbeats of a token in `gone` are refused."""

    exceptions = SimpleNamespace(ParameterNotFound=KeyError)

    def __init__(self, token):
        self.token = token
        self.settled = []
        self.gone = set()
        self.beats = []
        self.success = None
        self.later = None

    def get_parameter(self, Name, WithDecryption):
        token = self.token
        if self.later is not None:
            self.token, self.later = self.later, None
        if token is None:
            raise self.exceptions.ParameterNotFound(Name)
        return {"Parameter": {"Value": json.dumps({"taskToken": token, "rayToken": "r"})}}

    def send_task_heartbeat(self, taskToken):
        if taskToken in self.gone:
            raise refusal("TaskTimedOut")
        self.beats.append(taskToken)

    def send_task_success(self, taskToken, output):
        if self.success is not None:
            raise self.success
        self.settled.append((taskToken, json.loads(output)))


class TestKeeper:
    @pytest.fixture(autouse=True)
    def booted(self, monkeypatch):
        monkeypatch.setattr(keeper, "HEARTBEAT_S", 0.02)
        self.services = Services("of the boot")
        self.keeper = Keeper(self.services, self.services, "/p", "of the boot")
        yield
        self.keeper.settle(None, {})

    def put_later(self, token):
        """There is another token from the second look on."""
        self.services.later = token

    def until_gone(self):
        return until(self.keeper.has_gone)

    def test_the_token_of_the_boot_is_settled_and_the_next_one_is_heard_of(self):
        self.put_later("next")
        self.keeper.hand_over()
        assert not self.keeper.has_gone()
        assert until(lambda: self.services.beats.count("next") > 1)
        self.keeper.settle(None, {"reason": "idle"})
        assert self.services.settled == [("of the boot", {"state": "ready"}), ("next", {"reason": "idle"})]

    def test_the_next_token_is_waited_for_also_where_the_answer_to_the_first_was_lost(self):
        self.services.success = refusal("TaskTimedOut")
        self.put_later("next")
        self.keeper.hand_over()
        self.services.success = None
        assert not self.keeper.has_gone()

    def test_a_fleet_that_gets_no_other_token_is_kept_by_nobody(self, monkeypatch):
        monkeypatch.setattr(keeper, "HAND_OVER_S", 0.5)
        self.keeper.hand_over()
        assert self.keeper.has_gone()

    def test_a_state_that_was_tried_again_has_a_token_that_takes_the_place_of_the_one_that_is_gone(self):
        self.put_later("next")
        self.keeper.hand_over()
        self.services.token = "of the second try"
        self.services.gone.add("next")
        assert until(lambda: not self.keeper.has_gone() and "of the second try" in self.services.beats)
        self.services.gone.add("of the second try")
        assert self.until_gone()

    def test_a_fleet_whose_secret_was_taken_away_is_kept_by_nobody(self):
        self.put_later("next")
        self.keeper.hand_over()
        self.services.token = None
        self.services.gone.add("next")
        assert self.until_gone()
