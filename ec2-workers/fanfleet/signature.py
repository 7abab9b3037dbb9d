"""Signature Version 4: of requests to S3 without a body the twin of src/aws/sigv4, which says where it is specified."""

import hashlib
import hmac
import threading
import time
from collections.abc import Mapping
from typing import Any

_EMPTY = hashlib.sha256(b"").hexdigest()


class Signer:
    """Keeps the key that it derives, which is good for a day."""

    def __init__(self, credentials: Any, region: str) -> None:
        """`credentials` are those of a boto3 session, which brings new ones in time."""
        self._credentials = credentials
        self._region = region
        self._lock = threading.Lock()
        self._of: tuple[str, str] | None = None
        self._key = b""

    def signed(self, method: str, path: str, headers: dict[str, str], now: float | None = None) -> bytes:
        """The head of a request, signed; `path` as it is sent, without a query, names of `headers` in small letters.

        `now` is in epoch seconds. Raises ValueError for what cannot stand in a header.
        """
        keys = self._credentials.get_frozen_credentials()
        at = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(time.time() if now is None else now))
        own = {"x-amz-content-sha256": _EMPTY, "x-amz-date": at}
        if keys.token:
            own["x-amz-security-token"] = keys.token
        every = dict(sorted({**headers, **own}.items()))
        lines = "".join([f"{name}:{value}\n" for name, value in every.items()])
        if lines.count("\n") != len(every) or "\r" in lines:
            raise ValueError("a header has more than a line")
        names = ";".join(every)
        canonical = f"{method}\n{path}\n\n{lines}\n{names}\n{_EMPTY}"
        scope = f"{at[:8]}/{self._region}/s3/aws4_request"
        signature = signature_of(canonical, at, scope, self._signing_key(scope, keys.secret_key))
        authorization = (
            f"authorization:AWS4-HMAC-SHA256 Credential={keys.access_key}/{scope}, "
            f"SignedHeaders={names}, Signature={signature}\n"
        )
        return f"{method} {path} HTTP/1.1\n{lines}{authorization}\n".replace("\n", "\r\n").encode()

    def _signing_key(self, scope: str, secret: str) -> bytes:
        with self._lock:
            if self._of != (scope, secret):
                self._of, self._key = (scope, secret), signing_key(scope, secret)
            return self._key


def signed_headers(
    method: str,
    path: str,
    query: str,
    headers: Mapping[str, str],
    body: bytes,
    service: str,
    region: str,
    keys: Mapping[str, str],
    now: float,
) -> dict[str, str]:
    """The headers of a request with its signature: `path` and `query` as they are sent, parts of the query in order.

    `keys` are those of a role, as the metadata service tells them; `now` is in epoch seconds.
    """
    at, digest = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now)), hashlib.sha256(body).hexdigest()
    own = {"x-amz-content-sha256": digest, "x-amz-date": at, "x-amz-security-token": keys["Token"]}
    every = dict(sorted({**headers, **own}.items()))
    lines = "".join([f"{name}:{value}\n" for name, value in every.items()])
    names = ";".join(every)
    scope = f"{at[:8]}/{region}/{service}/aws4_request"
    canonical = f"{method}\n{path}\n{query}\n{lines}\n{names}\n{digest}"
    signature = signature_of(canonical, at, scope, signing_key(scope, keys["SecretAccessKey"]))
    credential = f"AWS4-HMAC-SHA256 Credential={keys['AccessKeyId']}/{scope}"
    return {**every, "authorization": f"{credential}, SignedHeaders={names}, Signature={signature}"}


def signing_key(scope: str, secret: str) -> bytes:
    """For a day, a region and a service: `20261129/us-east-1/s3/aws4_request`."""
    key = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


def signature_of(canonical: str, at: str, scope: str, key: bytes) -> str:
    """Of a canonical request that is sent `at` (`20261129T150500Z`)."""
    text = f"AWS4-HMAC-SHA256\n{at}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    return hmac.digest(key, text.encode(), "sha256").hex()
