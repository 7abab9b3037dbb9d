"""Where images are and rows go: a bucket of S3, by boto3 and by Arrow."""

import threading
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any, NamedTuple

import boto3
from botocore.config import Config
from pyarrow import fs

from pipelines.choices import Choices


class Job(NamedTuple):
    """What a pipeline is to do."""

    endpoint: str
    region: str
    bucket: str
    access_key: str
    secret_key: str
    prefix: str
    """Of the images."""
    shards: tuple[str, ...]
    """Keys of tars with the same images."""
    model: str
    """The key of an ONNX file."""
    description: str
    """The key of its `classifier.json`."""
    out: str
    """Below this rows are written."""
    workers: int

    @property
    def filesystem(self) -> fs.S3FileSystem:
        return fs.S3FileSystem(
            access_key=self.access_key,
            secret_key=self.secret_key,
            region=self.region,
            endpoint_override=self.endpoint,
            # A small file is one request, not the three of an upload in parts.
            allow_delayed_open=True,
        )


def new_client(job: Job, lean: bool = False) -> Any:
    options: dict[str, Any] = {"max_pool_connections": 16}
    if lean:
        options |= {"response_checksum_validation": "when_required", "parameter_validation": False}
    return boto3.session.Session().client(
        "s3",
        endpoint_url=job.endpoint,
        region_name=job.region,
        aws_access_key_id=job.access_key,
        aws_secret_access_key=job.secret_key,
        config=Config(**options),
    )


def get(client: Any, job: Job, key: str) -> bytes:
    return client.get_object(Bucket=job.bucket, Key=key)["Body"].read()


def list_objects(client: Any, job: Job, prefix: str) -> list[dict[str, Any]]:
    """As S3 lists them: `Key`, `Size`, `ETag`."""
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=job.bucket, Prefix=prefix)
    return [each for page in pages for each in page.get("Contents", [])]


def list_keys(client: Any, job: Job, prefix: str) -> list[str]:
    return [each["Key"] for each in list_objects(client, job, prefix)]


def get_all(job: Job, choices: Choices, keys: list[str]) -> list[bytes]:
    """The objects, in their order."""
    if choices.get_by == "new-client":
        return [get(new_client(job), job, key) for key in keys]
    client = _kept_client(job, choices.lean_requests)
    if choices.get_ahead == 1:
        return [get(client, job, key) for key in keys]
    return list(_threads(choices.get_ahead).map(lambda key: get(client, job, key), keys))


_lock = threading.Lock()


def _kept_client(job: Job, lean: bool) -> Any:
    with _lock:
        return _client_of_process(job, lean)


_client_of_process = cache(new_client)


@cache
def _threads(number: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(number)
