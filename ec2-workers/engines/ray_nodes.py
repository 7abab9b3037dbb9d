"""How many tasks of Ray Data its nodes have at once."""

from collections.abc import Mapping, Sequence
from typing import Any

TASKS_PER_CPU = 2
"""What a CPU does, and what it does next without having to ask. More would wait where others could do it."""


def tasks_at_once(nodes: Sequence[Mapping[str, Any]], workers: int) -> int:
    """For nodes as `ray.nodes` gives them, if so many workers are wanted: those that come late have theirs too."""
    cpus = [int(node["Resources"].get("CPU", 0)) for node in nodes if node["Alive"]]
    return TASKS_PER_CPU * max(1, sum(cpus), max(cpus, default=0) * workers)
