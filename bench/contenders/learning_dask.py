"""dask-ml on a local cluster of threads, as its own examples have it: `knn` or `kmeans`."""

from typing import Any

import dask.array as da
from dask.distributed import Client
from dask_ml.cluster import KMeans
from dask_ml.wrappers import ParallelPostFit
from sklearn.neighbors import KNeighborsClassifier

from contenders.job import Job, Pass
from contenders.learning_set import LearningSet, read_set, rows

CHUNKS_PER_WORKER = 2

last: dict[str, int] = {}


def prepare(job: Job, variant: str) -> Pass:
    Client(processes=False, n_workers=1, threads_per_worker=job.threads, dashboard_address=None)
    data = read_set(job.folder)
    if variant == "knn":
        return lambda: _classify(data, job.threads)
    images = _chunked(data.images, job.threads).persist()
    return lambda: _cluster(data, images)


def facts() -> dict[str, int]:
    return last


def _classify(data: LearningSet, workers: int) -> list[list[int]]:
    model = ParallelPostFit(KNeighborsClassifier(n_neighbors=data.neighbours))
    model.fit(*data.learned_from)
    return rows(model.predict(_chunked(data.queries, workers)).compute())


def _cluster(data: LearningSet, images: Any) -> list[list[int]]:
    model = KMeans(n_clusters=len(data.start), init=data.start).fit(images)
    last["iterations"] = int(model.n_iter_)
    return rows(model.labels_.compute())


def _chunked(images: Any, workers: int) -> Any:
    return da.from_array(images, chunks=(-(-len(images) // (workers * CHUNKS_PER_WORKER)), -1))
