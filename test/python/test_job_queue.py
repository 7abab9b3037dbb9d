"""Tests of the queue of a kept fleet: what is in the way of a job, and what is not."""

import io
import json
from types import SimpleNamespace

import pytest
from fanfleet import job_queue
from fanfleet.job_queue import JobQueue, QueuedJob, QueueEnd
from refusals import refusal
from waiting import LIMIT_S

VARIABLES = {
    "FANFLEET_RUN_ID": "r-1",
    "FANFLEET_ROUND": "0",
    "FANFLEET_DATA_BUCKET": "data",
    "FANFLEET_REQUESTER_PAYS": "false",
    "FANFLEET_WORKLOAD": '{"name":"statistics","params":{"operation":"stats","depth":"8"}}',
    "FANFLEET_KERNEL": "auto",
    "FANFLEET_IMAGE_MEMORY": "1024",
}
ENTRY = {"parameter": "/p", "variables": VARIABLES, "submittedAt": 1.0, "deadline": 60}


class Services:
    """S3, Parameter Store and Step Functions, as far as a queue asks for them."""

    exceptions = SimpleNamespace(ParameterNotFound=KeyError)

    def __init__(self):
        self.bodies = {}
        self.refused = {}
        self.failed = []

    def get_object(self, Bucket, Key):
        if Key not in self.bodies:
            raise refusal("NoSuchKey", 404)
        return {"Body": io.BytesIO(self.bodies[Key])}

    def put_object(self, Bucket, Key, Body, ContentType, IfNoneMatch):
        if Key in self.bodies:
            raise refusal("PreconditionFailed", 412)
        self.bodies[Key] = Body

    def get_parameter(self, Name, WithDecryption):
        if Name in self.refused:
            raise refusal(self.refused[Name])
        return {"Parameter": {"Value": json.dumps({"taskToken": "token", "rayToken": "r"})}}

    def send_task_heartbeat(self, taskToken):
        pass

    def send_task_failure(self, taskToken, error, cause):
        self.failed.append((taskToken, error))


@pytest.fixture
def services():
    return Services()


@pytest.fixture
def queue(services, monkeypatch):
    monkeypatch.setattr(job_queue, "LOOK_EVERY_S", 0.01)
    queue = JobQueue(services, services, services, "runs", "fleets/f-1/")
    yield queue
    queue.stop()


def put(services, number, body):
    services.bodies[f"fleets/f-1/jobs/{number:09d}.json"] = body


def put_entry(services, number, entry):
    put(services, number, json.dumps(entry).encode())


class TestJobQueue:
    @pytest.mark.parametrize(
        "body",
        [
            b'{"parameter": ',
            b"\xff",
            b"[]",
            b"7",
            b"{}",
            json.dumps({**ENTRY, "variables": None}).encode(),
            json.dumps({**ENTRY, "variables": []}).encode(),
            json.dumps({**ENTRY, "deadline": None}).encode(),
            json.dumps({**ENTRY, "variables": {**VARIABLES, "FANFLEET_ROUND": "first"}}).encode(),
        ],
    )
    def test_a_job_that_cannot_be_read_is_left_out_and_the_next_one_is_done(self, services, queue, body, capsys):
        put(services, 1, body)
        put_entry(services, 2, ENTRY)
        queue.start()
        found = queue.take(LIMIT_S)
        assert isinstance(found, QueuedJob)
        assert found.number == 2
        assert "job 1 is left out, since it cannot be read" in capsys.readouterr().out

    @pytest.mark.parametrize("code", ["AccessDeniedException", "ValidationException"])
    def test_a_job_whose_secret_is_refused_is_left_out(self, services, queue, code):
        services.refused["/refused"] = code
        put_entry(services, 1, {**ENTRY, "parameter": "/refused"})
        put_entry(services, 2, ENTRY)
        queue.start()
        assert queue.take(LIMIT_S).number == 2

    def test_a_job_that_cannot_be_read_is_not_in_the_way_of_the_end(self, services, queue):
        put(services, 1, b"not JSON")
        put_entry(services, 2, ENTRY)
        queue.refuse_rest("failed", "FleetFailed", "no workers")
        assert services.failed == [("token", "FleetFailed")]
        assert json.loads(services.bodies["fleets/f-1/jobs/000000003.json"]) == {"end": "failed"}

    def test_an_end_is_found_in_its_turn(self, services, queue):
        put_entry(services, 1, ENTRY)
        put_entry(services, 2, {"end": "stopped"})
        queue.start()
        assert queue.take(LIMIT_S).number == 1
        assert queue.take(LIMIT_S) == QueueEnd("stopped")
