"""K-Means by faiss, or by scikit-learn with vectors of a type: `float32` or `float64`.

Both begin with the same centres, make as many means, and label the vectors by the last ones.
"""

from contenders.centres_problem import read_problem, result_of
from contenders.job import Job, Pass


def prepare(job: Job, variant: str) -> Pass:
    problem = read_problem(job.folder)
    if variant == "faiss":
        import faiss

        faiss.omp_set_num_threads(job.threads)
        floats = problem.vectors.astype("float32")
        count, length = floats.shape

        def fit() -> list:
            # It would take a sample of so many vectors.
            means = faiss.Kmeans(length, problem.k, niter=problem.iterations, max_points_per_centroid=count)
            means.train(floats, init_centroids=floats[: problem.k])
            return result_of(means.assign(floats)[1])

        return fit

    from sklearn.cluster import KMeans

    floats = problem.vectors.astype(variant)
    start = floats[: problem.k].copy()
    settings = {"n_init": 1, "max_iter": problem.iterations, "tol": 0, "algorithm": "lloyd"}
    return lambda: result_of(KMeans(problem.k, init=start, **settings).fit(floats).labels_)
