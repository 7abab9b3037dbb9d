"""Who this host is, what it may use, and its report."""

import json
import math
import os
import time
from dataclasses import dataclass
from typing import Any

from fanfleet.gpus import gpus
from fanfleet.kernels import why_not_native
from fanfleet.metadata import Metadata
from fanfleet.processor import own_processor
from fanfleet.settings import Settings
from fanfleet.steps import StepFailed, Steps
from fanfleet.usage import usage_reader


@dataclass(frozen=True, slots=True)
class Host:
    instance_id: str
    address: str
    instance_type: str


def identify(metadata: Metadata) -> Host:
    """Raises StepFailed with NoIdentity, or OSError."""
    values = {name: metadata.get(name) for name in ("instance-id", "local-ipv4", "instance-type")}
    missing = [name for name, value in values.items() if not value]
    if missing:
        raise StepFailed("NoIdentity", f"Expected the metadata service to tell {', '.join(missing)} but it did not.")
    return Host(*(str(value) for value in values.values()))


def cpus() -> int:
    """How many batches to do at once on this host."""
    return batches_at_once(_cores(), usage_reader()().cpus)


def batches_at_once(cores: int, quota: float) -> int:
    """The cores, or the quota of the host's cgroup (in cores, such as 0.4) rounded up where that is less."""
    return max(1, min(cores, math.ceil(quota)))


def report(host: Host, role: str, settings: Settings, steps: Steps) -> dict[str, Any]:
    """`hostSchema` of src/fleet/arm-info.ts."""
    usage = usage_reader()()
    return {
        "instanceId": host.instance_id,
        "role": role,
        "address": host.address,
        "instanceType": host.instance_type,
        "processor": own_processor(),
        "gpus": gpus(),
        "cpus": batches_at_once(_cores(), usage.cpus),
        "quotaCpus": min(_cores(), usage.cpus),
        "memoryBytes": usage.memory_limit_bytes,
        "noNativeKernel": why_not_native(),
        "bootStartedAt": settings.boot_started_at,
        "readyAt": time.time() * 1000,
        "steps": steps.all(),
    }


def put_report(s3: Any, settings: Settings, value: dict[str, Any]) -> None:
    key = f"{settings.folder}hosts/{value['instanceId']}.json"
    body = json.dumps(value).encode()
    s3.put_object(Bucket=settings.runs_bucket, Key=key, Body=body, ContentType="application/json")


def _cores() -> int:
    return len(os.sched_getaffinity(0))
