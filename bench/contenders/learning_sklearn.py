"""scikit-learn as its users write it: `knn` or `kmeans`."""

from sklearn.cluster import KMeans
from sklearn.neighbors import KNeighborsClassifier

from contenders.job import Job, Pass
from contenders.learning_set import LearningSet, read_set, rows

last: dict[str, int] = {}


def prepare(job: Job, variant: str) -> Pass:
    data = read_set(job.folder)
    return lambda: _classify(data) if variant == "knn" else _cluster(data)


def facts() -> dict[str, int]:
    return last


def _classify(data: LearningSet) -> list[list[int]]:
    model = KNeighborsClassifier(n_neighbors=data.neighbours).fit(*data.learned_from)
    return rows(model.predict(data.queries))


def _cluster(data: LearningSet) -> list[list[int]]:
    model = KMeans(n_clusters=len(data.start), init=data.start, n_init=1).fit(data.images)
    last["iterations"] = int(model.n_iter_)
    return rows(model.labels_)
