"""Tests of the first call of a host, and that a host needs no boto3 until its cluster is started."""

import json
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import fanfleet
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from fanfleet.metadata import Metadata
from fanfleet.quick_secrets import first_secrets, signed

KEYS = {"AccessKeyId": "AKIA", "SecretAccessKey": "s3cr3t", "Token": "t/0+k=n"}
VALUE = json.dumps({"rayToken": "c0ffee", "taskToken": "of the task"})
ROLE = "/latest/meta-data/iam/security-credentials/"


class Aws(BaseHTTPRequestHandler):
    """The metadata service, and an SSM that refuses as often as it is told to."""

    def do_PUT(self):
        self.answer(200, "token")

    def do_GET(self):
        self.answer(200, "fleet" if self.path == ROLE else json.dumps(self.server.keys))

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.asked.append((dict(self.headers), json.loads(body)))
        refused = len(self.server.asked) <= self.server.refusals
        if len(self.server.asked) == 1 and self.server.first is not None:
            self.wfile.write(self.server.first)
            return
        self.answer(500 if refused else 200, json.dumps({} if refused else {"Parameter": {"Value": VALUE}}))

    def answer(self, status, text):
        self.send_response(status)
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_):
        pass


@pytest.fixture
def only_boto3_has_keys(aws, monkeypatch):
    """The environment of a host whose first call is not to take keys from it; boto3 does."""
    environment = {name: os.environ[name] for name in ("AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL")}
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "a")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "b")
    return environment


@pytest.fixture
def aws(monkeypatch):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Aws)
    server.asked, server.refusals, server.first, server.keys = [], 0, None, KEYS
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setattr("fanfleet.aws._made", {})
    monkeypatch.delenv("AWS_ACCESS_KEY_ID", raising=False)
    for name in ("AWS_ENDPOINT_URL", "AWS_EC2_METADATA_SERVICE_ENDPOINT"):
        monkeypatch.setenv(name, url)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    yield server
    server.shutdown()
    server.server_close()


class TestFirstSecrets:
    def test_they_come_without_boto3(self, aws):
        secrets = first_secrets("/fanfleet/a", Metadata())
        assert (secrets.cluster, secrets.task_token) == ("c0ffee", "of the task")
        ((headers, body),) = aws.asked
        assert body == {"Name": "/fanfleet/a", "WithDecryption": True}
        assert "Boto" not in headers["User-Agent"]

    def test_boto3_asks_where_that_was_not_answered(self, aws, monkeypatch):
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "a")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "b")
        assert first_secrets("/fanfleet/a", Metadata()).cluster == "c0ffee"
        monkeypatch.delenv("AWS_ACCESS_KEY_ID")
        aws.refusals = 2
        assert first_secrets("/fanfleet/a", Metadata()).cluster == "c0ffee"
        agents = ["Boto" in headers["User-Agent"] for headers, _ in aws.asked]
        assert agents == [True, False, True]

    @pytest.mark.parametrize(
        "first",
        [
            b"HTTP/1.0 200 OK\r\ncontent-length: 99\r\n\r\n{",
            b"no HTTP\r\n\r\n",
            b"HTTP/1.0 200 OK\r\n\r\n[]",
            b'HTTP/1.0 200 OK\r\n\r\n{"Parameter": null}',
            b'HTTP/1.0 200 OK\r\n\r\n{"Parameter": {"Value": null}}',
            b'HTTP/1.0 200 OK\r\n\r\n{"Parameter": {"Value": "[]"}}',
        ],
    )
    def test_boto3_asks_where_the_answer_is_no_whole_one(self, aws, only_boto3_has_keys, first):
        aws.first = first
        assert first_secrets("/fanfleet/a", Metadata(), only_boto3_has_keys).cluster == "c0ffee"
        assert ["Boto" in headers["User-Agent"] for headers, _ in aws.asked] == [False, True]

    @pytest.mark.parametrize("keys", [[], None, {"AccessKeyId": 1}])
    def test_boto3_asks_where_the_role_has_no_keys(self, aws, only_boto3_has_keys, keys):
        aws.keys = keys
        assert first_secrets("/fanfleet/a", Metadata(), only_boto3_has_keys).cluster == "c0ffee"

    def test_the_signature_is_that_of_botocore(self):
        base, body, now = "https://ssm.eu-west-1.amazonaws.com", b'{"Name": "x"}', 1_795_955_889.0
        ours = signed(base, body, "eu-west-1", KEYS, now)
        authorization = ours.pop("authorization")
        request = AWSRequest("POST", base + "/", ours, body)
        request.context["timestamp"] = ours["x-amz-date"]
        auth = SigV4Auth(Credentials(KEYS["AccessKeyId"], KEYS["SecretAccessKey"], KEYS["Token"]), "ssm", "eu-west-1")
        signature = auth.signature(auth.string_to_sign(request, auth.canonical_request(request)), request)
        assert authorization.endswith(f"Signature={signature}")


def test_no_host_imports_boto3_before_its_cluster_is_started():
    modules = ("head", "worker", *(f"clusters.{name}" for name in ("grpc", "dask", "spark", "ray")))
    script = f"import sys, {', '.join(f'fanfleet.{name}' for name in modules)}\nprint('boto3' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        env={"PYTHONPATH": str(Path(fanfleet.__path__[0]).parent)},
    )
    assert done.stdout.strip() == "False", done.stderr
