"""The first call of a host, for its secrets, by the standard library alone: boto3 takes longer to import than to do it.

As in quick_get.py only the answer that was asked for is taken from here; for all else boto3 asks again.
"""

import json
import os
import time
from collections.abc import Mapping
from urllib.parse import urlsplit

from fanfleet.aws import later
from fanfleet.metadata import Metadata
from fanfleet.quick_http import UNANSWERED, QuickHttp
from fanfleet.secrets import Secrets, read_secrets, secrets_of
from fanfleet.signature import signed_headers

_TARGET = "AmazonSSM.GetParameter"
_ROLE = "iam/security-credentials/"


def first_secrets(parameter: str, metadata: Metadata, env: Mapping[str, str] = os.environ) -> Secrets:
    """Raises what boto3 raises."""
    try:
        return secrets_of(_ask(parameter, metadata, env))
    except UNANSWERED:
        return read_secrets(later("ssm"), parameter)


def role_keys(metadata: Metadata, env: Mapping[str, str]) -> dict[str, str]:
    """Of the instance's role. Raises those of UNANSWERED, also where only boto3 knows which keys are to be used."""
    if "AWS_ACCESS_KEY_ID" in env or env["AWS_DEFAULT_REGION"].startswith("cn-"):
        raise KeyError("what only boto3 knows")
    role = (metadata.get(_ROLE) or "").split()[0:1]
    keys = json.loads(metadata.get(_ROLE + "".join(role)) or "")
    return {name: keys[name] for name in ("AccessKeyId", "SecretAccessKey", "Token")}


def _ask(parameter: str, metadata: Metadata, env: Mapping[str, str]) -> str:
    """The value of the parameter. Raises those of UNANSWERED."""
    region, keys = env["AWS_DEFAULT_REGION"], role_keys(metadata, env)
    base = env.get("AWS_ENDPOINT_URL") or f"https://ssm.{region}.amazonaws.com"
    body = json.dumps({"Name": parameter, "WithDecryption": True}).encode()
    headers = signed(base, body, region, keys, time.time())
    place = urlsplit(base)
    answer = QuickHttp(place, env).ask("POST", f"{place.path.rstrip('/')}/", headers, body)
    return json.loads(answer)["Parameter"]["Value"]


def signed(base: str, body: bytes, region: str, keys: Mapping[str, str], now: float) -> dict[str, str]:
    """The headers of a POST to SSM with its signature; `now` is in epoch seconds."""
    headers = {
        "content-type": "application/x-amz-json-1.1",
        "host": urlsplit(base).netloc,
        "x-amz-target": _TARGET,
    }
    return signed_headers("POST", "/", "", headers, body, "ssm", region, keys, now)
