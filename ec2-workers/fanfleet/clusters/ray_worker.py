"""What a raylet starts for tasks: Ray's own program, after what the engine has no use for was made unfindable."""

import os
import runpy
import sys
from collections.abc import Mapping
from pathlib import Path


def leave_out(engine: str, modules: dict[str, object]) -> None:
    """Daft looks whether Ray Data is there, to convert its datasets: with pandas it is 60 MB of every process.

    A module that is None in `modules`, which is sys.modules, is one that is not installed.
    """
    if engine == "daft":
        modules["ray.data"] = None


def main(environment: Mapping[str, str] = os.environ) -> None:
    import ray

    leave_out(environment.get("FANFLEET_ENGINE", ""), sys.modules)
    program = Path(ray.__file__).parent / "_private/workers/default_worker.py"
    runpy.run_path(str(program), run_name="__main__")


if __name__ == "__main__":
    main()
