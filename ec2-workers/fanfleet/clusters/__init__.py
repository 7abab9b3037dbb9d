"""Clusters: what engines run on. Each is started on the head, joined by workers, and asked who is there."""

from importlib import import_module
from typing import TYPE_CHECKING

from fanfleet.engines import ENGINES

if TYPE_CHECKING:
    from fanfleet.clusters.cluster import Cluster


def cluster_of(engine: str) -> "Cluster":
    """The cluster that an engine runs on. A host has the packages of its own engine only, so others stay unimported."""
    name = ENGINES[engine]["cluster"]
    return getattr(import_module(f"fanfleet.clusters.{name}"), f"{name.capitalize()}Cluster")()
