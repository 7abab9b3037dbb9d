"""Who this host is, from the instance metadata service (version 2), and its report."""

import json
import os
import time
import urllib.request
from dataclasses import dataclass
from typing import Any

from fanfleet.settings import Settings
from fanfleet.steps import Steps


@dataclass(frozen=True, slots=True)
class Host:
    instance_id: str
    address: str
    instance_type: str


def identify(endpoint: str | None = None) -> Host:
    base = endpoint or os.environ.get("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://169.254.169.254")
    base = base.rstrip("/") + "/latest/"
    token = _http(base + "api/token", "PUT", {"X-aws-ec2-metadata-token-ttl-seconds": "300"})
    ask = {"X-aws-ec2-metadata-token": token}
    names = ("instance-id", "local-ipv4", "instance-type")
    return Host(*(_http(f"{base}meta-data/{name}", "GET", ask) for name in names))


def report(host: Host, role: str, settings: Settings, steps: Steps) -> dict[str, Any]:
    """`hostSchema` of src/fleet/arm-info.ts."""
    return {
        "instanceId": host.instance_id,
        "role": role,
        "address": host.address,
        "instanceType": host.instance_type,
        "cpus": len(os.sched_getaffinity(0)),
        "memoryBytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        "bootStartedAt": settings.boot_started_at,
        "readyAt": time.time() * 1000,
        "steps": steps.all(),
    }


def put_report(s3: Any, settings: Settings, value: dict[str, Any]) -> None:
    key = f"{settings.arm_prefix}hosts/{value['instanceId']}.json"
    body = json.dumps(value).encode()
    s3.put_object(Bucket=settings.runs_bucket, Key=key, Body=body, ContentType="application/json")


def _http(url: str, method: str, headers: dict[str, str]) -> str:
    request = urllib.request.Request(url, method=method, headers=headers)
    with urllib.request.urlopen(request, timeout=5) as answer:
        return answer.read().decode()
