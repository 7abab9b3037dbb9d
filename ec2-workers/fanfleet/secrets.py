"""The secrets of the run go from the parameter to memory and to the environment of Ray, nowhere else."""

import json
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Secrets:
    ray_token: str = field(repr=False)
    task_token: str = field(repr=False)


def read_secrets(ssm: Any, parameter: str) -> Secrets:
    value = ssm.get_parameter(Name=parameter, WithDecryption=True)["Parameter"]["Value"]
    fields = json.loads(value)
    return Secrets(ray_token=fields["rayToken"], task_token=fields["taskToken"])
