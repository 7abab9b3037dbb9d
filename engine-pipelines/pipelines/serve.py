"""The process that runs pipelines: `python -m pipelines.serve ENGINE JOB`, the job as JSON.

Says `{"ready":true}`, and then answers every line that it reads with a line of JSON:

    {"run": [SWITCH, …], "out": PREFIX}
        {"seconds":…, "cpuSeconds":…, "ownBytes":…, "idleBytes":…, "driverBytes":…, "storeBytes":…}, or {"failed": why}
    {"found": PREFIX}
        {"images":…, "digest":…, "files":…, "bytes":…}: of keys and labels, and of what was written
    {"rows": PREFIX}
        {"rows":[{"key":…, "label":…, "score":…}, …]}, by their keys
"""

import hashlib
import importlib
import json
import os
import re
import sys
import time
from typing import Any

from pipelines.rows import read_rows
from pipelines.store import Job, list_objects, new_client
from pipelines.switches import choices_of
from pipelines.usage import own_bytes_now, watched

REASON = re.compile(r"(?!ray\.)[\w.]+(Error|Exception): .")
"""How a line begins that tells of an error, as Python prints it."""


def main(engine: str, job_text: str) -> None:
    # Frameworks talk on standard output, where only answers may be.
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    said = json.loads(job_text)
    job = Job(**{**said, "shards": tuple(said["shards"])})
    module = importlib.import_module(f"pipelines.{engine}")
    with module.opened(job.workers) as store_bytes:
        # What the engine takes before it was given anything to do.
        idle = own_bytes_now()
        answers.write('{"ready":true}\n')
        for line in sys.stdin:
            asked = json.loads(line)
            if "rows" in asked:
                answer = {"rows": read_rows(job._replace(out=asked["rows"]))}
            elif "found" in asked:
                answer = _found(job, asked["found"])
            else:
                answer = _run(module.run, job, asked, store_bytes, idle)
            answers.write(json.dumps(answer) + "\n")


def _run(run: Any, job: Job, asked: dict[str, Any], store_bytes: Any, idle: int) -> dict[str, Any]:
    choices = choices_of(asked["run"])
    try:
        with watched(store_bytes) as usage:
            started = time.perf_counter()
            run(job._replace(out=asked["out"]), choices)
            seconds = time.perf_counter() - started
    except Exception as reason:  # of whatever engine
        return {"failed": _why(reason)}
    memory = {"ownBytes": usage.own, "idleBytes": idle, "driverBytes": usage.driver, "storeBytes": usage.store}
    return {"seconds": seconds, "cpuSeconds": usage.cpu_s, **memory}


def _why(reason: Exception) -> str:
    """In a line. Ray's own errors have the first reason in the middle of their text."""
    own = [line for line in str(reason).splitlines() if REASON.match(line)]
    return own[0] if own else " ".join(str(reason).split())[-500:] or repr(reason)


def _found(job: Job, out: str) -> dict[str, Any]:
    rows = read_rows(job._replace(out=out))
    text = json.dumps([[row["key"], row["label"]] for row in rows])
    sizes = [each["Size"] for each in list_objects(new_client(job), job, out)]
    digest = hashlib.sha256(text.encode()).hexdigest()
    return {"images": len(rows), "digest": digest, "files": len(sizes), "bytes": sum(sizes)}


if __name__ == "__main__":
    main(*sys.argv[1:])
