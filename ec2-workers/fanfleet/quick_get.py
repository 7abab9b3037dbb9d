"""GETs of objects on connections of our own: botocore takes more CPU time for one than the kernel for the photograph.

Only an answer that is what was asked for, to the last byte, is taken from here. Whatever else happens is no answer, and
boto3 asks again, with its retries and its words: so this has no opinion on refusals, throttling, redirects or damage.
"""

import base64
import hashlib
import os
import re
import socket
import ssl
import time
import zlib
from collections import deque
from collections.abc import Callable
from functools import cache
from io import BufferedReader
from typing import Any
from urllib.parse import quote, urlsplit
from urllib.request import getproxies

import boto3
from botocore.client import BaseClient
from botocore.exceptions import BotoCoreError
from botocore.httpsession import get_cert_path

from fanfleet.signature import Signer

_CONNECT_S, _READ_S = 10, 60
_BUFFER_BYTES = 64 * 1024
_MOST_HEADERS = 100
_DNS_LABEL = re.compile(r"[a-z0-9][a-z0-9-]*[a-z0-9]")
"""A name that may be the first label of a host: with dots in it, no certificate of S3 would fit."""
_AWS = re.compile(r"https://s3(\.[a-z0-9-]+)?\.amazonaws\.com(\.cn)?")
_CHECKSUMS: dict[str, Callable[[bytes], bytes]] = {
    "x-amz-checksum-crc32": lambda body: zlib.crc32(body).to_bytes(4),
    "x-amz-checksum-sha1": lambda body: hashlib.sha1(body, usedforsecurity=False).digest(),
    "x-amz-checksum-sha256": lambda body: hashlib.sha256(body).digest(),
}

Observe = Callable[[str | None, float, float], None]
"""Takes the `Date` of an answer, and when it was asked for and had come, in epoch seconds."""


@cache
def quick_get(s3: Any) -> "QuickGet | None":
    """For what a boto3 client of S3 asks; None where that is no such client, has no credentials, or uses a proxy."""
    if not isinstance(s3, BaseClient) or boto3.DEFAULT_SESSION is None or getproxies():
        return None
    credentials = boto3.DEFAULT_SESSION.get_credentials()
    return None if credentials is None else QuickGet(s3, credentials)


class _Unusable(Exception):
    """An answer that is not what was asked for."""


class QuickGet:
    def __init__(self, s3: BaseClient, credentials: Any) -> None:
        region, endpoint = s3.meta.region_name, s3.meta.endpoint_url
        self._is_aws = _AWS.fullmatch(endpoint) is not None
        suffix = ".cn" if region.startswith("cn-") else ""
        self._endpoint = urlsplit(f"https://s3.{region}.amazonaws.com{suffix}" if self._is_aws else endpoint)
        self._tls = ssl.create_default_context(cafile=_cert_path()) if self._endpoint.scheme == "https" else None
        self._signer = Signer(credentials, region)
        self._idle: dict[str, deque[tuple[socket.socket, BufferedReader]]] = {}
        self.observe: Observe | None = None

    def get(self, place: dict[str, str], key: str, etag: str, size: int, start: int | None) -> bytes | None:
        """All bytes of an object of this `etag`, in quotes, or its `size` bytes from `start` on; or None.

        `place` is what boto3 is told of the bucket: `Bucket`, and `RequestPayer` where the requester pays.
        """
        try:
            host, path = self._address(place["Bucket"], key)
            headers = {"host": host, "if-match": etag}
            if start is None:
                headers["x-amz-checksum-mode"] = "ENABLED"
            else:
                headers["range"] = f"bytes={start}-{start + size - 1}"
            if "RequestPayer" in place:
                headers["x-amz-request-payer"] = place["RequestPayer"]
            request = self._signer.signed("GET", path, headers)
            return self._ask(host, request, etag, size, start)
        except (BotoCoreError, OSError, ValueError, _Unusable):
            return None

    def _address(self, bucket: str, key: str) -> tuple[str, str]:
        """Virtual-hosted in AWS if the bucket's name allows it, else path-style; always path-style at an endpoint."""
        path = "/" + quote(key, safe="/")
        if self._is_aws and _DNS_LABEL.fullmatch(bucket):
            return f"{bucket}.{self._endpoint.netloc}", path
        return self._endpoint.netloc, f"{self._endpoint.path.rstrip('/')}/{bucket}{path}"

    def _ask(self, host: str, request: bytes, etag: str, size: int, start: int | None) -> bytes:
        idle = self._idle.setdefault(host, deque())
        while True:
            try:
                connection, reader, is_new = *idle.pop(), False
            except IndexError:
                connection, reader, is_new = *self._connect(host), True
            try:
                sent = time.time()
                connection.sendall(request)
                status = reader.readline(_BUFFER_BYTES)
            except OSError:
                status = b""
            if status:
                break
            # A server ends connections that were idle; a new one that ends is another matter.
            connection.close()
            if is_new:
                raise _Unusable
        try:
            headers = _read_headers(reader)
            if self.observe is not None:
                self.observe(headers.get("date"), sent, time.time())
            body = _read_body(reader, status, headers, etag, size, start)
        except BaseException:
            connection.close()
            raise
        if headers.get("connection", "").lower() == "close" or not status.startswith(b"HTTP/1.1"):
            connection.close()
        else:
            idle.append((connection, reader))
        return body

    def _connect(self, host: str) -> tuple[socket.socket, BufferedReader]:
        name = host if self._is_aws else self._endpoint.hostname or host
        port = self._endpoint.port or (80 if self._tls is None else 443)
        connection = socket.create_connection((name, port), _CONNECT_S)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._tls is not None:
            connection = self._tls.wrap_socket(connection, server_hostname=name)
        connection.settimeout(_READ_S)
        return connection, connection.makefile("rb", _BUFFER_BYTES)


def _read_headers(reader: BufferedReader) -> dict[str, str]:
    headers: dict[str, str] = {}
    for _ in range(_MOST_HEADERS):
        line = reader.readline(_BUFFER_BYTES)
        if line in (b"\r\n", b"\n"):
            return headers
        name, colon, value = line.decode("latin-1").partition(":")
        if not colon:
            break
        headers[name.lower()] = value.strip()
    raise _Unusable


def _read_body(
    reader: BufferedReader, status: bytes, headers: dict[str, str], etag: str, size: int, start: int | None
) -> bytes:
    code, part = (b"200", "") if start is None else (b"206", f"bytes {start}-{start + size - 1}/")
    is_expected = (
        status.split(None, 2)[1:2] == [code]
        and headers.get("etag") == etag
        and headers.get("content-length") == str(size)
        and headers.get("content-range", "").startswith(part)
    )
    if not is_expected:
        raise _Unusable
    body = reader.read(size)
    if len(body) != size or (start is None and not _is_sound(headers, body)):
        raise _Unusable
    return body


def _is_sound(headers: dict[str, str], body: bytes) -> bool:
    """By S3's checksums of the whole object, as botocore compares them: those of parts have a hyphen."""
    given = ((headers[name], digest) for name, digest in _CHECKSUMS.items() if "-" not in headers.get(name, "-"))
    return all(base64.b64encode(digest(body)).decode() == value for value, digest in given)


def _cert_path() -> str:
    """As botocore finds it."""
    return os.environ.get("AWS_CA_BUNDLE") or os.environ.get("REQUESTS_CA_BUNDLE") or get_cert_path(True)
