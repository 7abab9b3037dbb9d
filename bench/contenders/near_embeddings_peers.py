"""The nearest embeddings of some: by `duckdb`, each from the file; or by `faiss`, one after the other in memory."""

import json

import numpy as np

from contenders.job import Job, Pass


def prepare(job: Job, variant: str) -> Pass:
    asked = json.loads((job.folder / "queries.json").read_text())
    path = str(job.folder / "embeddings.parquet")
    ways = {"duckdb": _duckdb, "faiss": _faiss}
    return ways[variant](path, asked["keys"], asked["k"], job.threads)


def _duckdb(path: str, keys: list[str], k: int, threads: int) -> Pass:
    import duckdb

    con = duckdb.connect()
    con.execute(f"set threads = {threads}")
    [[length]] = con.execute(f"select len(embedding) from '{path}' limit 1").fetchall()
    numbers = f"embedding::float[{length}]"
    query = f"""
        select file_row_number from read_parquet('{path}', file_row_number = true)
        order by array_distance({numbers}, (select {numbers} from '{path}' where key = ?)), file_row_number limit {k}
    """
    return lambda: [[row for [row] in con.execute(query, [key]).fetchall()] for key in keys]


def _faiss(path: str, keys: list[str], k: int, threads: int) -> Pass:
    import faiss
    import pyarrow.parquet as pq

    faiss.omp_set_num_threads(threads)
    table = pq.read_table(path)
    vectors = np.asarray(table["embedding"].combine_chunks().flatten()).reshape(len(table), -1)
    index = faiss.IndexFlatL2(vectors.shape[1])
    index.add(vectors)
    rows = table["key"].to_pylist()
    queries = [vectors[rows.index(key)][np.newaxis] for key in keys]
    return lambda: [index.search(query, k)[1][0].tolist() for query in queries]
