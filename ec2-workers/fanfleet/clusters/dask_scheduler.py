"""`python -m fanfleet.clusters.dask_scheduler ...`: Dask's scheduler, which keeps a file on what became of its workers.

The head looks there: a client of Dask would have to import all that the scheduler has.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

from fanfleet.clusters.without import without

with without("numpy"):
    from distributed import SchedulerPlugin
    from distributed.cli.dask_scheduler import main

FILE = "FANFLEET_DASK_WORKERS"
"""The variable that names the file."""


class WorkersFile(SchedulerPlugin):
    """Written anew at each change: `alive` has the address of each process, `gone` whether one that went said so."""

    def __init__(self, file: Path, scheduler: Any) -> None:
        self._file = file
        self._scheduler = scheduler
        self.write()

    def add_worker(self, scheduler: Any, worker: str) -> None:
        self.write()

    def remove_worker(self, scheduler: Any, worker: str, **_: Any) -> None:
        self.write()

    def write(self) -> None:
        events = [event for _, event in self._scheduler.get_events("all")]
        gone = {event["worker"]: event["expected"] for event in events if event["action"] == "remove-worker"}
        unfinished = self._file.with_suffix(".part")
        unfinished.write_text(json.dumps({"alive": list(self._scheduler.workers), "gone": gone}))
        unfinished.replace(self._file)


def dask_setup(scheduler: Any) -> None:
    """Called by Dask (`--preload`)."""
    scheduler.add_plugin(WorkersFile(Path(os.environ[FILE]), scheduler))


if __name__ == "__main__":
    sys.exit(main())
