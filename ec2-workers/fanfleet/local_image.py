"""`python -m fanfleet.local_image`: give the packages of this machine what those of an image have.

Hosts on this machine have its packages for reading only: what is not compiled here is compiled by each of their
processes, which takes two to three times as long as to load it.
"""

import sys
from importlib import import_module

from fanfleet import workloads
from fanfleet.clusters import spark_archive

MODULES = (
    *("fanfleet.head", "fanfleet.worker", "fanfleet.batch", "fanfleet.pillow_kernel", "engines.contract"),
    "onnxruntime",
    *(f"fanfleet.workloads.{name}" for name in workloads.NAMES),
    *("ray._private.node", "ray._private.workers.default_worker", "ray.autoscaler.v2.sdk", "ray.data"),
    *("daft.runners.flotilla", "daft.runners.ray_runner"),
    *("distributed.cli.dask_scheduler", "cryptography.x509"),
    *("pyspark.daemon", "pyspark.worker"),
)
"""What processes of head and workers import; Python keeps the code of all that is imported with them."""


def main() -> int:
    """0 also where something could not be done: hosts boot without it, more slowly."""
    compile_modules()
    spark_archive.make()
    return 0


def compile_modules() -> None:
    """Have Python keep what it compiles, also where it is told not to."""
    sys.dont_write_bytecode = False
    for module in MODULES:
        try:
            import_module(module)
        except ImportError as reason:
            print(f"{module} is not compiled: {reason}")


if __name__ == "__main__":
    sys.exit(main())
