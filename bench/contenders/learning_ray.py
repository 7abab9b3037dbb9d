"""Ray Data with scikit-learn in `map_batches`, as its users write it: `knn`, or `kmeans` with a loop of theirs."""

import numpy as np
import ray
from sklearn.metrics import pairwise_distances_argmin
from sklearn.neighbors import KNeighborsClassifier

from contenders.job import Job, Pass
from contenders.learning_set import LearningSet, read_set, rows

BLOCKS_PER_CORE = 2
MOST_ITERATIONS = 300

last: dict[str, int] = {}


def prepare(job: Job, variant: str) -> Pass:
    ray.init(num_cpus=job.threads, include_dashboard=False, log_to_driver=False)
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    context.execution_options.preserve_order = True
    data = read_set(job.folder)
    blocks = job.threads * BLOCKS_PER_CORE
    images = ray.data.from_numpy(np.array_split(data.queries if variant == "knn" else data.images, blocks))
    images = images.materialize()
    return lambda: _classify(images, data) if variant == "knn" else _cluster(images, data)


def facts() -> dict[str, int]:
    return last


def _classify(images: ray.data.Dataset, data: LearningSet) -> list[list[int]]:
    model = ray.put(KNeighborsClassifier(n_neighbors=data.neighbours).fit(*data.learned_from))

    def predict(batch: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        return {"label": ray.get(model).predict(batch["data"])}

    found = images.map_batches(predict, batch_size=None).take_all()
    return rows([row["label"] for row in found])


def _cluster(images: ray.data.Dataset, data: LearningSet) -> list[list[int]]:
    centres = data.start
    for iteration in range(1, MOST_ITERATIONS + 1):
        last["iterations"] = iteration
        parts = images.map_batches(_sums, batch_size=None, fn_kwargs={"centres": centres}).take_all()
        sizes = np.sum([part["sizes"] for part in parts], axis=0)[:, np.newaxis]
        sums = np.sum([part["sums"] for part in parts], axis=0)
        moved = np.where(sizes == 0, centres, sums / np.maximum(sizes, 1))
        if np.array_equal(moved, centres):
            break
        centres = moved
    found = images.map_batches(_nearest, batch_size=None, fn_kwargs={"centres": centres}).take_all()
    return rows([row["label"] for row in found])


def _nearest(batch: dict[str, np.ndarray], centres: np.ndarray) -> dict[str, np.ndarray]:
    return {"label": pairwise_distances_argmin(batch["data"], centres)}


def _sums(batch: dict[str, np.ndarray], centres: np.ndarray) -> dict[str, np.ndarray]:
    """Of each cluster how many images it has in this batch, and their sum."""
    labels = pairwise_distances_argmin(batch["data"], centres)
    sizes = np.bincount(labels, minlength=len(centres))
    sums = np.stack([batch["data"][labels == cluster].sum(axis=0) for cluster in range(len(centres))])
    return {"sizes": sizes[np.newaxis], "sums": sums[np.newaxis]}
