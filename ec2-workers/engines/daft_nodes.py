"""Whether Daft does the batches of a node in one process."""

from collections.abc import Mapping, Sequence
from typing import Any

from fanfleet.aws import BATCHES_IN_FLIGHT

CPUS_OF_A_PROCESS = BATCHES_IN_FLIGHT
"""So many batches one does at once. The kernel and the sockets leave the interpreter's lock to the batches beside them,
but what an image takes in Python holds it: on larger nodes each batch has a process."""


def need_processes(nodes: Sequence[Mapping[str, Any]]) -> bool:
    """Whether one process is too few for a node of these, as `ray.nodes` gives them."""
    return any(node["Alive"] and node["Resources"].get("CPU", 0) > CPUS_OF_A_PROCESS for node in nodes)
