"""The secrets of the run go from the parameter to memory and to the environment of the cluster, nowhere else."""

import json
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Secrets:
    cluster: str = field(repr=False)
    """Of this fleet alone: who has it may take part in the cluster."""
    task_token: str = field(repr=False)


def read_task_token(ssm: Any, parameter: str) -> str | None:
    """Of a job; None where its run has ended and taken it away."""
    try:
        value = ssm.get_parameter(Name=parameter, WithDecryption=True)["Parameter"]["Value"]
    except ssm.exceptions.ParameterNotFound:
        return None
    return json.loads(value)["taskToken"]


def read_secrets(ssm: Any, parameter: str) -> Secrets:
    return secrets_of(ssm.get_parameter(Name=parameter, WithDecryption=True)["Parameter"]["Value"])


def secrets_of(value: str) -> Secrets:
    """Of the parameter's value. Raises ValueError or KeyError for another one."""
    fields = json.loads(value)
    return Secrets(cluster=fields["rayToken"], task_token=fields["taskToken"])
