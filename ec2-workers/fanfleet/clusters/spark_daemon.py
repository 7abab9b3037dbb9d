"""What an executor starts first of Python: it forks the processes that do batches, which have all modules then."""

import ctypes
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from pyspark.daemon import manager

from fanfleet.batch import warm_up


def main() -> None:
    # Standard output is for the executor alone, which reads a port there.
    with _printing_to_standard_error():
        try:
            warm_up()
        except Exception as reason:  # Tasks meet it again, and tell.
            print(f"batches will load what could not be loaded before: {reason!r}")
    manager()


@contextmanager
def _printing_to_standard_error() -> Iterator[None]:
    """Whatever is printed meanwhile, also from C."""
    sys.stdout.flush()
    kept = os.dup(1)
    os.dup2(2, 1)
    try:
        yield
    finally:
        sys.stdout.flush()
        # What C holds back would come later, and from each process that is forked.
        ctypes.CDLL(None).fflush(None)
        os.dup2(kept, 1)
        os.close(kept)


if __name__ == "__main__":
    main()
