"""Tests of small objects without boto3, and that boto3 is asked where there is no such answer."""

import json
import os
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError
from fanfleet import quick_http, quick_s3
from fanfleet.metadata import Metadata
from fanfleet.quick_s3 import QuickS3
from fanfleet.signature import signed_headers

KEYS = {
    **{"AccessKeyId": "AKIA", "SecretAccessKey": "s3cr3t", "Token": "t/0+k=n"},
    **{"Code": "Success", "Expiration": "2999-01-01T00:00:00Z", "LastUpdated": "2026-11-29T00:00:00Z"},
}
ROLE = "/latest/meta-data/iam/security-credentials/"
PAGE = '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">{}</ListBucketResult>'
PAGE_WITHOUT_TOKEN = PAGE.format("<IsTruncated>true</IsTruncated>").encode()
MORE = "<IsTruncated>true</IsTruncated><NextContinuationToken>a+b/c=</NextContinuationToken>"


class Aws(BaseHTTPRequestHandler):
    """The metadata service, and an S3 that gives its `first` answer to what boto3 does not ask."""

    protocol_version = "HTTP/1.1"

    def setup(self):
        super().setup()
        self.server.connections += 1

    def do_PUT(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        if self.path == "/latest/api/token":
            self.answer(200, b"token")
        elif self.is_asked():
            self.server.objects[self.path] = (self.headers["content-type"], body)
            self.answer(200, b"")

    def do_GET(self):
        if self.path.startswith(ROLE):
            self.server.key_requests += self.path != ROLE
            self.answer(200, b"fleet" if self.path == ROLE else json.dumps(KEYS).encode())
        elif self.is_asked():
            query = parse_qs(urlsplit(self.path).query)
            if "list-type" not in query:
                found = self.server.objects.get(self.path)
                self.answer(404, b"") if found is None else self.answer(200, found[1])
            elif "continuation-token" in query:
                assert query["continuation-token"] == ["a+b/c="]
                self.answer(200, PAGE.format("<Contents><Key>a/2&amp;3</Key></Contents>").encode())
            else:
                assert query["prefix"] == ["a/"]
                self.answer(200, PAGE.format("<Contents><Key>a/1</Key></Contents>" + MORE).encode())

    def is_asked(self):
        is_boto3 = "Boto" in self.headers["user-agent"]
        self.server.by_boto3.append(is_boto3)
        if is_boto3 or self.server.first is None:
            return True
        self.wfile.write(self.server.first)
        self.close_connection = True
        return False

    def answer(self, status, body):
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def server(monkeypatch):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Aws)
    server.objects, server.by_boto3, server.first = {}, [], None
    server.connections = server.key_requests = 0
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setattr("fanfleet.aws._made", {})
    # Keys of a test before.
    monkeypatch.setattr("boto3.DEFAULT_SESSION", None)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_ENDPOINT_URL", "AWS_EC2_METADATA_SERVICE_ENDPOINT"):
        monkeypatch.setenv(name, url)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def s3(server, monkeypatch):
    """Takes keys from the metadata service, where boto3 has its own."""
    environment = {name: os.environ[name] for name in ("AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL")}
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "a")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "b")
    return QuickS3(Metadata(), environment)


def put(s3):
    s3.put_object(Bucket="bucket", Key="a/1 ü.json", Body=b"{}", ContentType="application/json")


class TestQuickS3:
    def test_puts_gets_and_lists_without_boto3(self, server):
        s3 = QuickS3()
        put(s3)
        assert server.objects == {"/bucket/a/1%20%C3%BC.json": ("application/json", b"{}")}
        assert b"".join(s3.chunks("bucket", "a/1 ü.json")) == b"{}"
        assert s3.list_keys("bucket", "a/") == ["a/1", "a/2&3"]
        assert server.by_boto3 == [False] * 4

    @pytest.mark.parametrize(
        "first",
        [
            b"HTTP/1.1 503 Slow Down\r\ncontent-length: 0\r\n\r\n",
            b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n<",
            b"HTTP/1.1 200 OK\r\n\r\n<",
            b"no HTTP\r\n\r\n",
            b"",
        ],
    )
    def test_boto3_asks_where_the_answer_is_no_whole_one(self, server, s3, first):
        server.first = first
        put(s3)
        assert b"".join(s3.chunks("bucket", "a/1 ü.json")) == b"{}"
        assert s3.list_keys("bucket", "a/") == ["a/1", "a/2&3"]
        assert server.by_boto3 == [False, True, False, True, False, True, True]

    def test_boto3_says_what_is_missing(self, s3):
        with pytest.raises(ClientError, match="404"):
            s3.chunks("bucket", "nothing")

    def test_keys_go_to_nobody_but_the_one_who_was_asked(self, server, s3):
        other = ThreadingHTTPServer(("127.0.0.1", 0), Aws)
        try:
            # A connection that nobody takes waits to be taken, and would be found.
            other.timeout = 0.2
            place = f"http://127.0.0.1:{other.server_port}/bucket/a"
            server.first = f"HTTP/1.1 307 Temporary Redirect\r\nlocation: {place}\r\ncontent-length: 0\r\n\r\n".encode()
            server.objects["/bucket/a"] = ("text/plain", b"1")
            assert b"".join(s3.chunks("bucket", "a")) == b"1"
            assert server.by_boto3 == [False, True]
            asked = []
            other.process_request = lambda *_: asked.append(True)
            other.handle_request()
            assert asked == []
        finally:
            other.server_close()

    def test_a_connection_is_kept_and_another_made_where_it_was_ended(self, server):
        s3 = QuickS3()
        put(s3)
        before = server.connections
        put(s3)
        assert server.connections == before
        for connection in s3._http._idle:
            connection.sock.shutdown(socket.SHUT_RDWR)
        put(s3)
        assert (server.connections, server.by_boto3) == (before + 1, [False] * 3)

    def test_boto3_is_asked_at_once_where_nothing_else_succeeds(self, server, s3):
        server.first = b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n"
        for _ in range(5):
            put(s3)
        assert server.by_boto3 == [False, True] * 3 + [True] * 2

    def test_keys_are_kept_until_they_are_refused(self, server, s3):
        put(s3)
        put(s3)
        assert server.key_requests == 1
        server.first = b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n"
        put(s3)
        server.first = None
        put(s3)
        assert server.key_requests == 2

    @pytest.mark.parametrize(
        "page", [b"<ListBucket", b"<Error/>", PAGE.format("<IsTruncated>true</IsTruncated>").encode()]
    )
    def test_boto3_asks_where_the_answer_is_no_listing(self, server, s3, page):
        server.first = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%s" % (len(page), page)
        assert s3.list_keys("bucket", "a/") == ["a/1", "a/2&3"]

    @pytest.mark.parametrize(
        "first",
        [None, b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n12345\r\n0\r\n\r\n"],
        ids=["with its length", "in chunks"],
    )
    def test_boto3_reads_what_is_long_piece_by_piece(self, server, s3, monkeypatch, first):
        server.first = first
        monkeypatch.setattr(quick_http, "MOST_BYTES", 2)
        monkeypatch.setattr(quick_s3, "CHUNK_BYTES", 2)
        server.objects["/bucket/long"] = ("text/plain", b"12345")
        assert list(s3.chunks("bucket", "long")) == [b"12", b"34", b"5"]

    @pytest.mark.parametrize("name", ["AWS_ACCESS_KEY_ID", "AWS_ENDPOINT_URL_S3"])
    def test_boto3_asks_where_only_it_knows_how(self, server, monkeypatch, name):
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "b")
        monkeypatch.setenv(name, f"http://127.0.0.1:{server.server_port}")
        put(QuickS3())
        assert server.by_boto3 == [True]


def test_the_signature_is_that_of_botocore():
    url, now = "https://s3.eu-west-1.amazonaws.com/b/a%20b?list-type=2&prefix=a%2F", 1_795_955_889.0
    host = {"host": "s3.eu-west-1.amazonaws.com"}
    ours = signed_headers("PUT", "/b/a%20b", "list-type=2&prefix=a%2F", host, b"x", "s3", "eu-west-1", KEYS, now)
    authorization = ours.pop("authorization")
    request = AWSRequest("PUT", url, ours, b"x")
    request.context["timestamp"] = ours["x-amz-date"]
    request.context["payload_signing_enabled"] = True
    auth = S3SigV4Auth(Credentials(KEYS["AccessKeyId"], KEYS["SecretAccessKey"], KEYS["Token"]), "s3", "eu-west-1")
    signature = auth.signature(auth.string_to_sign(request, auth.canonical_request(request)), request)
    assert authorization.endswith(f"Signature={signature}")
