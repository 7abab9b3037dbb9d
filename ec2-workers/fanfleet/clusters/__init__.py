"""Clusters: what engines run on. Each is started on the head, joined by workers, and asked who is there."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fanfleet.clusters.cluster import Cluster

_CLUSTERS = {
    "daft": ("ray", "RayCluster"),
    "ray": ("ray", "RayCluster"),
    "dask": ("dask", "DaskCluster"),
    "spark": ("spark", "SparkCluster"),
    "grpc": ("grpc", "GrpcCluster"),
}


def cluster_of(engine: str) -> "Cluster":
    """The cluster that an engine runs on. A host has the packages of its own engine only, so others stay unimported."""
    module, name = _CLUSTERS[engine]
    return getattr(import_module(f"fanfleet.clusters.{module}"), name)()
