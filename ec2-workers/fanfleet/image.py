"""Make of a booted host what an image of it must have: `python -m fanfleet.image`, from the environment to keep.

An instance of the image finds the environment by `FANFLEET_IMAGE_VENV`, which systemd gives to cloud-init, and takes it
if `.fanfleet-lock` in it is the digest of the lock file of its own bundle.
"""

import compileall
import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from fanfleet.aws import client
from fanfleet.clusters import spark_archive

DROP_IN = "etc/systemd/system/cloud-final.service.d/fanfleet.conf"


def prepare(root: Path, environment: Path, lock_file: Path) -> str:
    """Mark the environment, compile it and Spark's classes once for all boots, and name it to cloud-init.

    `root` is the folder that stands for `/`. Gives the digest of the lock file.
    """
    digest = hashlib.sha256(lock_file.read_bytes()).hexdigest()
    if str(environment) != os.environ.get("FANFLEET_IMAGE_VENV"):  # else it is that of an image already
        compileall.compile_dir(environment / "lib", quiet=2, workers=0)
        spark_archive.make()
        (environment / ".fanfleet-lock").write_text(digest)
    drop_in = root / DROP_IN
    drop_in.parent.mkdir(parents=True, exist_ok=True)
    drop_in.write_text(f"[Service]\nEnvironment=FANFLEET_IMAGE_VENV={environment}\n")
    return digest


def main() -> None:
    host_root = os.environ.get("FANFLEET_HOST_ROOT")
    bundle = Path.cwd().parent
    digest = prepare(Path(host_root or "/"), Path(sys.prefix), bundle / "uv.lock")
    if host_root is None and shutil.which("cloud-init"):
        # A new instance is a new machine: it runs its own user data, and has its own identity.
        subprocess.run(["cloud-init", "clean", "--logs", "--machine-id"], check=True)
    receipt = json.dumps({"lock": digest, "python": sys.version.split()[0]})
    client("s3").put_object(
        Bucket=os.environ["FANFLEET_RUNS_BUCKET"], Key=os.environ["FANFLEET_RECEIPT_KEY"], Body=receipt.encode()
    )


if __name__ == "__main__":
    main()
