"""boto3 and simplejpeg: processes, since botocore holds the interpreter's lock, with some GETs at once in each."""

import io
import tarfile
from functools import cache
from typing import Any

import boto3
from botocore.config import Config

from contenders import decoders, reductions
from contenders.job import Job, Pass, Store
from contenders.workers import on_processes, pooled

GETS_PER_PROCESS = 4


def prepare(job: Job, _: str) -> Pass:
    store = job.s3()
    if job.source == "shards":
        of_shards = on_processes(lambda key: _measure_tar(store, key), store.shards, job.threads)
        return lambda: [row for rows in of_shards() for row in rows]
    keys = [store.loose_prefix + name for name in job.names()]
    groups = [keys[start : start + 4 * GETS_PER_PROCESS] for start in range(0, len(keys), 4 * GETS_PER_PROCESS)]
    of_groups = on_processes(lambda group: _measure_objects(store, group), groups, job.threads)
    return lambda: [row for rows in of_groups() for row in rows]


def _measure_objects(store: Store, keys: list[str]) -> list[list[int]]:
    return pooled(lambda key: _measure(_get(store, key)), keys, GETS_PER_PROCESS)


def _measure_tar(store: Store, key: str) -> list[list[int]]:
    with tarfile.open(fileobj=io.BytesIO(_get(store, key))) as tar:
        return [_measure(_member(tar, member)) for member in tar if member.isfile()]


def _member(tar: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    file = tar.extractfile(member)
    if file is None:
        raise ValueError(f"Expected a file but got {member.name}.")
    return file.read()


def _measure(data: bytes) -> list[int]:
    return reductions.fast(decoders.by_simplejpeg(data))


def _get(store: Store, key: str) -> bytes:
    return (
        _client(store.endpoint, store.region, store.access_key, store.secret_key)
        .get_object(Bucket=store.bucket, Key=key)["Body"]
        .read()
    )


@cache
def _client(endpoint: str, region: str, access_key: str, secret_key: str) -> Any:
    return boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name=region,
        aws_access_key_id=access_key,
        aws_secret_access_key=secret_key,
        config=Config(max_pool_connections=GETS_PER_PROCESS, s3={"addressing_style": "path"}),
    )
