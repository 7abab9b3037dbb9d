"""What a pipeline wrote."""

import io
import json
from typing import Any

from pyarrow import parquet

from pipelines.store import Job, get, list_keys, new_client


def read_rows(job: Job) -> list[dict[str, Any]]:
    """The rows in all files of the job: `key`, `label`, `score`, by their keys."""
    client = new_client(job)
    rows: list[dict[str, Any]] = []
    for key in list_keys(client, job, job.out):
        data = get(client, job, key)
        if key.endswith(".jsonl"):
            rows += map(_row_of_fleet, data.decode().splitlines())
        elif key.endswith(".json") and "/spans/" not in key and not key.endswith(("/manifest.json", "/inputs.json")):
            rows += map(json.loads, data.decode().splitlines())
        elif key.endswith(".parquet"):
            rows += parquet.read_table(io.BytesIO(data)).to_pylist()
    return sorted(rows, key=lambda row: row["key"])


def _row_of_fleet(line: str) -> dict[str, Any]:
    """Of a row as fanfleet's workers write it, with scores in millionths."""
    row = json.loads(line)
    best = row["scores"][0][1] / 1e6 if "scores" in row else None
    return {"key": row["key"], "label": row.get("label"), "score": best}
