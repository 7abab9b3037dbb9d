"""The process of a Python contender: `python -m contenders.serve MODULE VARIANT JOB`.

Says `{"ready":true}`, and then answers every line that it reads with a line of JSON:

    run N    do all images N times: {"images":…,"seconds":…}
    digest   {"digest":…}: SHA-256 over the results of the last pass
    rows     {"rows":[[…]]}: nine integers per image, of what was measured or of the file that was written
    facts    {"facts":{…}}: numbers that its module tells of the last pass beside the results
"""

import hashlib
import importlib
import json
import os
import sys
import time
from collections.abc import Sequence

from contenders.job import Job, Result


def main(module: str, variant: str, job_text: str) -> None:
    # Frameworks talk on standard output, where only answers may be.
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)

    def answer(value: object) -> None:
        answers.write(json.dumps(value, separators=(",", ":")) + "\n")

    contender = importlib.import_module(f"contenders.{module}")
    do_all = contender.prepare(Job.from_json(job_text), variant)
    answer({"ready": True})
    results: Sequence[Result] = []
    for line in sys.stdin:
        request, *count = line.split()
        if request == "run":
            passes, images = int(count[0]), 0
            started = time.perf_counter()
            for _ in range(passes):
                results = do_all()
                images += len(results)
            answer({"images": images, "seconds": time.perf_counter() - started})
        elif request == "digest":
            answer({"digest": digest(results)})
        elif request == "rows":
            answer({"rows": [row_of(result) for result in results]})
        elif request == "facts":
            answer({"facts": contender.facts()})
        else:
            raise ValueError(f"Expected `run N`, `digest`, `rows` or `facts` but got {line!r}.")


def digest(results: Sequence[Result]) -> str:
    """As `digest` in serve.ts."""
    total = hashlib.sha256()
    for result in results:
        data = result if isinstance(result, bytes) else ",".join(map(str, result)).encode()
        total.update(hashlib.sha256(data).digest())
    return total.hexdigest()


def row_of(result: Result) -> list[int]:
    if not isinstance(result, bytes):
        return list(result)
    from contenders.decoders import by_opencv
    from contenders.reductions import fast

    return fast(by_opencv(result))


if __name__ == "__main__":
    main(*sys.argv[1:])
