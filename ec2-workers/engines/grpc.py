"""gRPC: our own head gives out batches as leases, and our own workers do them with the kernel of the serverless arm."""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial

from fanfleet import node
from fanfleet.settings import Settings

from engines.contract import Engine, main


@contextmanager
def opened() -> Iterator[Engine]:
    """The head is connected to for each job: that takes no time."""
    settings = Settings.from_environment()
    yield partial(run, f"s3://{settings.runs_bucket}/{settings.folder}head.json")


def run(head: str, tasks: Sequence[str]) -> None:
    """`head` is the s3:// address of head.json."""
    done = subprocess.run(node.program("run", head), input="\n".join(tasks), text=True, env=node.environment())
    if done.returncode != 0:
        sys.exit(done.returncode)


if __name__ == "__main__":
    sys.exit(main(opened))
