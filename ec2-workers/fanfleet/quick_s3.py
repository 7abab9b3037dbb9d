"""Small objects by the standard library alone: boto3 takes longer to import than a worker, or an engine, to boot.

As in quick_secrets.py only the answer that was asked for is taken from here; for all else boto3 asks again.
"""

import os
import threading
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import quote, urlsplit

from fanfleet import aws
from fanfleet.metadata import Metadata
from fanfleet.quick_http import UNANSWERED, QuickHttp, RefusedError
from fanfleet.quick_secrets import role_keys
from fanfleet.signature import signed_headers

KEYS_S = 240.0
"""So long keys are kept: those of a role are replaced minutes before they end. Refused ones are asked for again."""

CHUNK_BYTES = 2**20
"""Of an object that is too large for this: the manifest of millions of images."""

MOST_FAILURES = 3
"""In a row, after which boto3 is asked at once: where a request cannot succeed, each would wait for it."""

_ONLY_BOTO3 = (
    *("AWS_ENDPOINT_URL_S3", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"),
    *("AWS_USE_DUALSTACK_ENDPOINT", "AWS_USE_FIPS_ENDPOINT"),
)


class QuickS3:
    """Safe to share between threads."""

    def __init__(self, metadata: Metadata | None = None, env: Mapping[str, str] = os.environ) -> None:
        self._metadata = metadata
        self._env = env
        self._lock = threading.Lock()
        self._keys: tuple[float, dict[str, str]] | None = None
        self._http: QuickHttp | None = None
        self._failures = 0

    def put_object(self, *, Bucket: str, Key: str, Body: bytes, ContentType: str) -> None:
        """As that of boto3, which is asked where this gets no answer; so it raises what boto3 raises."""
        try:
            self._ask("PUT", Bucket, Key, headers={"content-type": ContentType}, body=Body)
        except UNANSWERED:
            aws.client("s3").put_object(Bucket=Bucket, Key=Key, Body=Body, ContentType=ContentType)

    def list_keys(self, bucket: str, prefix: str) -> list[str]:
        """Raises what boto3 raises."""
        try:
            return list(self._list(bucket, prefix))
        except UNANSWERED:
            return aws.list_keys(aws.client("s3"), bucket, prefix)

    def chunks(self, bucket: str, key: str) -> Iterable[bytes]:
        """An object in pieces. Raises what boto3 raises."""
        try:
            return [self._ask("GET", bucket, key)]
        except UNANSWERED:
            return aws.client("s3").get_object(Bucket=bucket, Key=key)["Body"].iter_chunks(CHUNK_BYTES)

    def _list(self, bucket: str, prefix: str) -> Iterator[str]:
        query = {"list-type": "2", "prefix": prefix}
        while True:
            page = _page(self._ask("GET", bucket, "", query=query))
            yield from (key.text or "" for key in page.iterfind("{*}Contents/{*}Key"))
            if page.findtext("{*}IsTruncated") != "true":
                return
            token = page.findtext("{*}NextContinuationToken")
            if not token:
                raise ValueError("Expected a token for the next page.")
            query["continuation-token"] = token

    def _ask(
        self,
        method: str,
        bucket: str,
        key: str,
        query: Mapping[str, str] = {},
        headers: Mapping[str, str] = {},
        body: bytes = b"",
    ) -> bytes:
        """The body of the answer. Raises those of UNANSWERED."""
        if self._failures >= MOST_FAILURES or any(name in self._env for name in _ONLY_BOTO3):
            raise KeyError("what only boto3 knows")
        region = self._env["AWS_DEFAULT_REGION"]
        base = urlsplit(self._env.get("AWS_ENDPOINT_URL") or f"https://s3.{region}.amazonaws.com")
        path = f"{base.path.rstrip('/')}/{quote(f'{bucket}/{key}', safe='/')}"
        search = "&".join(f"{name}={quote(value, safe='')}" for name, value in sorted(query.items()))
        own = {**headers, "host": base.netloc}
        signed = signed_headers(method, path, search, own, body, "s3", region, self._keys_of_role(), time.time())
        self._http = self._http or QuickHttp(base, self._env)
        try:
            answer = self._http.ask(method, f"{path}{'?' * bool(search)}{search}", signed, body)
        except UNANSWERED as reason:
            self._failures += 1
            if isinstance(reason, RefusedError):
                self._keys = None
            raise
        self._failures = 0
        return answer

    def _keys_of_role(self) -> dict[str, Any]:
        with self._lock:
            now = time.monotonic()
            if self._keys is None or now - self._keys[0] > KEYS_S:
                self._metadata = self._metadata or Metadata()
                self._keys = (now, role_keys(self._metadata, self._env))
            return self._keys[1]


def _page(text: bytes) -> ElementTree.Element:
    """Of a listing. Raises ValueError for what is none."""
    try:
        page = ElementTree.fromstring(text)
    except ElementTree.ParseError as reason:
        raise ValueError(str(reason)) from reason
    if not page.tag.endswith("ListBucketResult"):
        raise ValueError(f"Expected a page of a listing but got {page.tag}.")
    return page
