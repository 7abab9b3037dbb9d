"""AWS clients: region, endpoint and credentials come from the environment and from the instance's role.

boto3 itself reads AWS_DEFAULT_REGION, AWS_ENDPOINT_URL and AWS_EC2_METADATA_SERVICE_ENDPOINT. It is imported with the
first client: whoever boots a host starts its cluster first.
"""

import threading
from typing import Any
from urllib.parse import urlparse

GETS_IN_FLIGHT = 16
"""Most objects that one batch fetches at once."""

PUTS_IN_FLIGHT = 8
"""Most objects that one batch writes at once."""

BATCHES_IN_FLIGHT = 4
"""Most batches that one process does at once: Daft's. With the other engines it is one."""

_made: dict[str, Any] = {}
_making = threading.Lock()


def client(service: str) -> Any:
    """The client of this process. Clients are safe to share between threads, but not to make, and slow to make.

    An answer that is shorter than it says is an IncompleteReadError, as it already is where a body is streamed.
    """
    with _making:
        if service not in _made:
            _made[service] = _make(service)
        return _made[service]


def later(service: str) -> Any:
    """Likewise, but made when it is used first."""
    return _Later(service)


class _Later:
    def __init__(self, service: str) -> None:
        self._service = service

    def __getattr__(self, name: str) -> Any:
        return getattr(client(self._service), name)


def _make(service: str) -> Any:
    import boto3
    from botocore.config import Config

    config = Config(
        # Seven tries wait 63 s at most, half of it on average. Not "standard": since botocore 1.44 those of one
        # client may be tried again 35 times together, first after 50 ms: S3 that is away for a second fails a batch.
        retries={"mode": "legacy", "total_max_attempts": 7},
        # One for each object under way: what is beyond them is closed after use. They are opened as they are needed.
        max_pool_connections=BATCHES_IN_FLIGHT * (GETS_IN_FLIGHT + PUTS_IN_FLIGHT),
        connect_timeout=10,
        read_timeout=60,
    )
    made = boto3.client(service, config=config)
    made.meta.events.register("before-parse", _require_whole)
    return made


def _require_whole(operation_model: Any, response_dict: dict[str, Any], **_: Any) -> None:
    """Since botocore 1.44 nobody else compares the length of an error's text, and what was cut was parsed."""
    body, length = response_dict.get("body"), response_dict["headers"].get("content-length", "")
    if operation_model.http["method"] == "HEAD" or not isinstance(body, bytes) or not length.isdecimal():
        return
    if len(body) < int(length):
        from botocore.exceptions import IncompleteReadError

        raise IncompleteReadError(actual_bytes=len(body), expected_bytes=int(length))


def split_uri(uri: str) -> tuple[str, str]:
    """`s3://bucket/some/key` as bucket and key."""
    parts = urlparse(uri, allow_fragments=False)
    if parts.scheme != "s3" or not parts.netloc:
        raise ValueError(f"Expected an address such as s3://bucket/key but received {uri}.")
    return parts.netloc, uri[len(f"s3://{parts.netloc}/") :]


def list_keys(s3: Any, bucket: str, prefix: str, after: str = "") -> list[str]:
    """Those behind `after`, in S3's order."""
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix, StartAfter=after)
    return [item["Key"] for page in pages for item in page.get("Contents", [])]
