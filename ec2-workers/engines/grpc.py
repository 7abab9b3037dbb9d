"""gRPC: our own head gives out batches as leases, and our own workers do them with the kernel of the serverless arm."""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache, partial

from fanfleet import node
from fanfleet.settings import Settings

from engines.contract import DONE, Engine, main


@cache
def _submitter() -> "subprocess.Popen[str]":
    """One process of Node submits all jobs: to start it takes longer than a short job.

    It gives up what it is at when its input ends, as it does with this process, however that ends.
    """
    settings = Settings.from_environment()
    head = f"s3://{settings.runs_bucket}/{settings.folder}head.json"
    pipe = subprocess.PIPE
    return subprocess.Popen(node.program("run", head), stdin=pipe, stdout=pipe, text=True, env=node.environment())


def begin() -> None:
    """It looks for the head with its first job, so it is started before there is one."""
    _submitter()


@contextmanager
def opened() -> Iterator[Engine]:
    with _submitter() as submitter:
        yield partial(run, submitter)


def run(submitter: "subprocess.Popen[str]", tasks: Sequence[str]) -> None:
    assert submitter.stdin is not None and submitter.stdout is not None
    # An empty line ends a job.
    submitter.stdin.write("\n".join([*tasks, "", ""]))
    submitter.stdin.flush()
    if submitter.stdout.readline().rstrip() != DONE:
        sys.exit(submitter.wait())


if __name__ == "__main__":
    sys.exit(main(opened, begin=begin))
