"""Nearest neighbours by faiss, or by scikit-learn with vectors of a type: `float32`, `float64` or `uint8`."""

from contenders.job import Job, Pass
from contenders.nearest_problem import read_problem


def prepare(job: Job, variant: str) -> Pass:
    training, queries, k = read_problem(job.folder)
    if variant == "faiss":
        import faiss

        faiss.omp_set_num_threads(job.threads)
        index = faiss.IndexFlatL2(training.shape[1])
        index.add(training.astype("float32"))
        asked = queries.astype("float32")
        return lambda: index.search(asked, k)[1].tolist()

    from sklearn.neighbors import NearestNeighbors

    # Of the two metrics that give this order, `sqeuclidean` takes ten times as long with uint8, else as long.
    neighbours = NearestNeighbors(n_neighbors=k, algorithm="brute", metric="euclidean", n_jobs=job.threads)
    neighbours.fit(training.astype(variant))
    asked = queries.astype(variant)
    return lambda: neighbours.kneighbors(asked, return_distance=False).tolist()
