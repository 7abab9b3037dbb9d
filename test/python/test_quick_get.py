"""Tests of GETs on connections of our own."""

import base64
import http.server
import ssl
import subprocess
import tempfile
import threading
import zlib
from pathlib import Path

import boto3
import pytest
from fanfleet.quick_get import quick_get
from fanfleet.server_clock import ServerClock

BODY = bytes(range(256)) * 400
SIZE = len(BODY)
ETAG = '"e"'
KEY = "a b/é+%?#.jpg"


class Store(http.server.BaseHTTPRequestHandler):
    """Gives BODY, as `server.change` of its headers and bytes wants it, and keeps what it was asked."""

    protocol_version = "HTTP/1.1"

    def setup(self):
        super().setup()
        self.server.connections.append(self)

    def do_GET(self):
        self.server.asked.append((self.path, dict(self.headers)))
        body, status = BODY, 200
        headers = {"ETag": ETAG, "x-amz-checksum-crc32": base64.b64encode(zlib.crc32(BODY).to_bytes(4)).decode()}
        if "range" in self.headers:
            first, last = map(int, self.headers["range"].removeprefix("bytes=").split("-"))
            body, status = BODY[first : last + 1], 206
            headers = {"ETag": ETAG, "Content-Range": f"bytes {first}-{last}/{len(BODY)}"}
        status, headers, body = self.server.change(status, headers, body)
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        self.close_connection |= self.server.hangs_up

    def log_message(self, format, *args):
        pass


class TestQuickGet:
    @pytest.fixture(autouse=True)
    def serve(self, monkeypatch):
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Store)
        self.server.asked, self.server.connections, self.server.hangs_up = [], [], False
        self.server.change = lambda *answer: answer
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "a")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "b")
        monkeypatch.setattr("boto3.DEFAULT_SESSION", None)
        yield
        self.server.shutdown()
        self.server.server_close()

    def start(self, scheme="http", host="127.0.0.1"):
        endpoint = f"{scheme}://{host}:{self.server.server_port}"
        self.s3 = boto3.client("s3", "eu-west-1", endpoint_url=endpoint)
        return quick_get(self.s3)

    def get(self, quick, size=SIZE, start=None, **place):
        return quick.get({"Bucket": "b", **place}, KEY, ETAG, size, start)

    def test_gets_objects_and_parts_on_one_connection(self):
        quick = self.start()
        for _ in range(20):
            assert self.get(quick) == BODY
        assert self.get(quick, 1000, 77) == BODY[77:1077]
        assert self.get(quick, RequestPayer="requester") == BODY
        assert len(self.server.connections) == 1
        assert {path for path, _ in self.server.asked} == {"/b/a%20b/%C3%A9%2B%25%3F%23.jpg"}
        asked = [{name.lower(): value for name, value in headers.items()} for _, headers in self.server.asked]
        assert {headers["if-match"] for headers in asked} == {ETAG}
        assert asked[20]["range"] == "bytes=77-1076"
        assert [headers.get("x-amz-request-payer") for headers in asked[20:]] == [None, "requester"]

    def test_what_is_not_what_was_asked_for_is_left_to_boto3(self):
        quick = self.start()
        for change in (
            lambda status, headers, body: (503, headers, body),
            lambda status, headers, body: (203, headers, body),
            lambda status, headers, body: (301, headers, body),
            lambda status, headers, body: (status, {**headers, "ETag": '"f"'}, body),
            lambda status, headers, body: (status, {"x-other": "1"}, body),
            lambda status, headers, body: (status, headers, body[1:]),
            lambda status, headers, body: (status, headers, body + b"x"),
            lambda status, headers, body: (status, headers, b"x" + body[1:]),
            lambda status, headers, body: (status, {**headers, "x-amz-checksum-sha256": "AAAA"}, body),
            lambda status, headers, body: (status, {**headers, "x-amz-checksum-sha1": "AAAA"}, body),
            lambda status, headers, body: (status, {"Content-Length": str(len(body) + 1), **headers}, body),
        ):
            self.server.change, self.server.hangs_up = change, True
            assert self.get(quick) is None
        self.server.change = lambda status, headers, body: (200, {"ETag": ETAG}, BODY)
        assert self.get(quick, 1000, 77) is None
        self.server.change = lambda status, headers, body: (206, {**headers, "Content-Range": "bytes 78-1077/9"}, body)
        assert self.get(quick, 1000, 77) is None
        self.server.change = lambda status, headers, body: (status, {**headers, "x-amz-checksum-crc32": "A==-2"}, body)
        assert self.get(quick) == BODY
        self.server.change = lambda *answer: answer
        assert self.get(quick) == BODY

    def test_a_connection_that_the_server_has_ended_is_replaced(self):
        quick = self.start()
        assert self.get(quick) == BODY
        self.server.connections[0].connection.shutdown(2)
        assert self.get(quick) == BODY
        assert len(self.server.connections) == 2
        self.server.shutdown()
        self.server.server_close()
        self.server.connections[1].connection.shutdown(2)
        assert self.get(quick) is None

    def test_over_tls_only_with_a_certificate_that_is_trusted(self, monkeypatch):
        with tempfile.TemporaryDirectory() as folder:
            key, certificate = Path(folder) / "key.pem", Path(folder) / "certificate.pem"
            made = (
                "-nodes",
                "-newkey",
                "rsa:2048",
                "-subj",
                "/CN=localhost",
                "-addext",
                "subjectAltName=DNS:localhost",
            )
            command = ("openssl", "req", "-x509", *made, "-keyout", str(key), "-out", str(certificate), "-days", "2")
            subprocess.run(command, check=True, capture_output=True)
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate, key)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
            assert self.get(self.start("https", "localhost")) is None
            monkeypatch.setenv("AWS_CA_BUNDLE", str(certificate))
            assert self.get(quick_get.__wrapped__(self.s3)) == BODY

    def test_tells_the_clock_of_the_server(self):
        quick, clock = self.start(), ServerClock()
        clock.attach(self.s3)
        assert clock.offset() is None
        self.get(quick)
        offset = clock.offset()
        assert offset["offsetLowMs"] < offset["offsetHighMs"]

    def test_there_is_none_for_other_clients_and_behind_a_proxy(self, monkeypatch):
        assert quick_get(object()) is None
        self.start()
        monkeypatch.setenv("https_proxy", "http://127.0.0.1:1")
        assert quick_get.__wrapped__(self.s3) is None

    def test_buckets_of_aws_are_addressed_by_host_unless_their_name_has_dots(self):
        s3 = boto3.client("s3", "eu-west-1")
        quick = quick_get(s3)
        assert quick._address("some-bucket", "a b") == ("some-bucket.s3.eu-west-1.amazonaws.com", "/a%20b")
        assert quick._address("with.dots", "k") == ("s3.eu-west-1.amazonaws.com", "/with.dots/k")
        china = quick_get(boto3.client("s3", "cn-north-1"))
        assert china._address("bucket", "k")[0] == "bucket.s3.cn-north-1.amazonaws.com.cn"
