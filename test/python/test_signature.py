"""Tests of signatures, beside those of botocore."""

from datetime import UTC, datetime

import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from fanfleet.signature import Signer


class TestSignature:
    @pytest.mark.parametrize("token", [None, "some/token=="])
    def test_is_that_of_botocore(self, monkeypatch, token):
        # Prepare
        credentials = Credentials("AKIA", "secret/key", token)
        path = "/b/a%20b/%C3%A9.jpg"
        own = {"host": "127.0.0.1:4566", "if-match": '"e"', "range": "bytes=0-9"}
        seconds = 1_795_919_167
        # Act
        head = Signer(credentials, "eu-west-1").signed("GET", path, own, seconds).decode()
        # Assess
        first, *lines = head.split("\r\n")
        assert (first, lines[-2:]) == (f"GET {path} HTTP/1.1", ["", ""])
        ours = dict(line.split(":", 1) for line in lines[:-2])
        monkeypatch.setattr("botocore.auth.get_current_datetime", lambda: datetime.fromtimestamp(seconds, UTC))
        request = AWSRequest("GET", f"http://127.0.0.1:4566{path}", headers=own)
        S3SigV4Auth(credentials, "s3", "eu-west-1").add_auth(request)
        assert ours["authorization"] == request.headers["Authorization"]
        assert ours.get("x-amz-security-token") == token

    def test_a_header_of_two_lines_is_refused(self):
        with pytest.raises(ValueError, match="more than a line"):
            Signer(Credentials("a", "b"), "r").signed("GET", "/", {"host": "h", "if-match": "e\nx-other:1"})
