"""The text form of what stages leave: compact JSON, the same bytes as from src/workloads/."""

import json
from collections.abc import Sequence
from typing import Any


def compact(value: dict[str, Any]) -> str:
    return json.dumps(value, separators=(",", ":"))


def object_of(file: bytes, what: str, names: tuple[str, ...]) -> dict[str, Any]:
    """The object that a file has, with exactly these fields, in this order.

    Raises ValueError where it is another one, with `what` for what was expected.
    """
    try:
        found = json.loads(file)
    except ValueError as reason:
        raise ValueError(f"Expected {what} but it is no JSON: {reason}.") from reason
    if not isinstance(found, dict) or tuple(found) != names:
        raise ValueError(f"Expected {what}, an object with {', '.join(names)}, but it is another one.")
    return found


def are_counts(values: Sequence[Any]) -> bool:
    """Whether all are integers from 0 on; True and False are none."""
    return set(map(type, values)) <= {int} and min(values, default=0) >= 0
