#!/usr/bin/env bash
# A class of Daft with a bound on how many there are runs in processes of its own, also where it was told not to.
#
# One would guess: `daft.cls(…, use_process=False)` stays in this process, whatever else is asked, with as many threads as `max_concurrency` says.
# What happens: with `max_concurrency` each instance has a process, which starts with the query and ends with it, so that a model in it is loaded
#   for each query; `use_process=False` is neither followed nor refused. Without `max_concurrency` it is followed.
# Seen with daft 0.7.26 on Python 3.11:
#   max_concurrency=2, use_process=False: other processes
#   use_process=False: this process
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check daft==0.7.26
cat >try.py <<'PYTHON'
import os

import daft
from daft import DataType, col


class Tell:
    @daft.method.batch(return_dtype=DataType.int64(), batch_size=2)
    def pid(self, numbers: daft.Series) -> list[int]:
        return [os.getpid() for _ in numbers.to_pylist()]


for options in ({"max_concurrency": 2, "use_process": False}, {"use_process": False}):
    tell = daft.cls(Tell, **options)()
    rows = daft.from_pydict({"number": list(range(8))}).select(tell.pid(col("number")).alias("pid"))
    pids = set(rows.to_pydict()["pid"])
    asked = ", ".join(f"{name}={value}" for name, value in options.items())
    print(f"{asked}: {'this process' if pids == {os.getpid()} else 'other processes'}")
PYTHON
DAFT_ANALYTICS_ENABLED=0 venv/bin/python try.py 2>/dev/null | tee said
diff said - <<'SAID'
max_concurrency=2, use_process=False: other processes
use_process=False: this process
SAID
