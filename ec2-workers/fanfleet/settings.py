"""What the user data told this host, read once from the environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Settings:
    """The variables of docs/architecture.md, "The fleet", and what the boot script found out."""

    run_id: str
    round: int
    runs_bucket: str
    data_bucket: str
    requester_pays: str
    """`true` or `false`: whether requests to that bucket say that the requester pays."""
    parameter: str
    engine: str
    operation: str
    depth: str
    """`8` or `native`: of how many bits of an image of 16 its rows are."""
    normalisation: str
    """JSON, `null` unless the operation is to normalise."""
    image_memory: int
    """Most MiB that one image may take."""
    workers: int
    head_address: str
    join_deadline_s: float
    deadline_s: float
    """Seconds from the boot after which the engine is stopped; the host itself lives a little longer."""
    boot_started_at: float
    steps_file: Path
    temp_dir: Path
    stall_s: float
    scaling_subnets: str
    """Ids with commas between them, where the head may start more workers there; else empty."""

    @staticmethod
    def from_environment(env: Mapping[str, str] = os.environ) -> "Settings":
        """Raise KeyError that names the variable, or ValueError, for a header that is not whole."""
        return Settings(
            run_id=env["FANFLEET_RUN_ID"],
            round=int(env["FANFLEET_ROUND"]),
            runs_bucket=env["FANFLEET_RUNS_BUCKET"],
            data_bucket=env["FANFLEET_DATA_BUCKET"],
            requester_pays=env["FANFLEET_REQUESTER_PAYS"],
            parameter=env["FANFLEET_PARAMETER"],
            engine=env["FANFLEET_ENGINE"],
            operation=env["FANFLEET_OPERATION"],
            depth=env["FANFLEET_DEPTH"],
            normalisation=env["FANFLEET_NORMALISATION"],
            image_memory=int(env["FANFLEET_IMAGE_MEMORY"]),
            workers=int(env["FANFLEET_WORKERS"]),
            head_address=env.get("FANFLEET_HEAD_ADDRESS", ""),
            join_deadline_s=float(env["FANFLEET_JOIN_DEADLINE_S"]),
            deadline_s=float(env["FANFLEET_JOB_DEADLINE_S"]),
            boot_started_at=float(env["FANFLEET_BOOT_STARTED_AT"]),
            steps_file=Path(env["FANFLEET_STEPS"]),
            temp_dir=Path(env.get("TMPDIR", "/tmp")),
            stall_s=float(env.get("FANFLEET_STALL_S", "120")),
            scaling_subnets=env.get("FANFLEET_SCALING_SUBNETS", ""),
        )

    @property
    def arm_prefix(self) -> str:
        """As `layout.arm` in src/run/layout.ts."""
        return f"runs/{self.run_id}/fleet/round-{self.round}/"

    @property
    def request_key(self) -> str:
        return f"runs/{self.run_id}/request.json"

    @property
    def manifest_key(self) -> str:
        return f"runs/{self.run_id}/manifest.json"
