"""What the user data told this host, read once from the environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Settings:
    """The variables of docs/architecture.md, "The fleet", and what the boot script found out."""

    run_id: str
    """Empty for a kept fleet, which is of no run."""
    round: int
    fleet: str
    """Id of a kept fleet; empty for one that has one job."""
    idle_s: float
    """Seconds without a job after which a kept fleet ends itself."""
    runs_bucket: str
    parameter: str
    engine: str
    workers: int
    head_address: str
    join_deadline_s: float
    """Seconds from the boot after which no worker is waited for."""
    deadline_s: float
    """Seconds from the boot after which the engine is stopped; the host itself lives a little longer."""
    boot_started_at: float
    steps_file: Path
    temp_dir: Path
    stall_s: float
    alone_s: float
    """How long a fleet may be without any worker: longer than a network needs to come back."""
    scaling_subnets: str
    """Ids with commas between them, where the head may start more workers there; else empty."""
    dashboard: bool
    """Whether somebody may see the dashboard; one that takes time to boot is left out for nobody."""

    @staticmethod
    def from_environment(env: Mapping[str, str] = os.environ) -> "Settings":
        """Raise KeyError that names the variable, or ValueError, for a header that is not whole."""
        return Settings(
            run_id=env.get("FANFLEET_RUN_ID", ""),
            round=int(env.get("FANFLEET_ROUND", "0")),
            fleet=env.get("FANFLEET_FLEET", ""),
            idle_s=float(env.get("FANFLEET_IDLE_S", "0")),
            runs_bucket=env["FANFLEET_RUNS_BUCKET"],
            parameter=env["FANFLEET_PARAMETER"],
            engine=env["FANFLEET_ENGINE"],
            workers=int(env["FANFLEET_WORKERS"]),
            head_address=env.get("FANFLEET_HEAD_ADDRESS", ""),
            join_deadline_s=float(env["FANFLEET_JOIN_DEADLINE_S"]),
            deadline_s=float(env["FANFLEET_JOB_DEADLINE_S"]),
            boot_started_at=float(env["FANFLEET_BOOT_STARTED_AT"]),
            steps_file=Path(env["FANFLEET_STEPS"]),
            temp_dir=Path(env.get("TMPDIR", "/tmp")),
            stall_s=float(env.get("FANFLEET_STALL_S", "120")),
            alone_s=float(env.get("FANFLEET_ALONE_S", "60")),
            scaling_subnets=env.get("FANFLEET_SCALING_SUBNETS", ""),
            dashboard=env.get("FANFLEET_DASHBOARD") == "true",
        )

    @property
    def folder(self) -> str:
        """Where the hosts write what is of the fleet: `layout.fleet` or `layout.arm` in src/contract/layout.ts."""
        return f"fleets/{self.fleet}/" if self.fleet else f"runs/{self.run_id}/fleet/round-{self.round}/"

    @property
    def join_deadline(self) -> float:
        """Epoch seconds."""
        return self.boot_started_at / 1000 + self.join_deadline_s

    @property
    def request_key(self) -> str:
        return f"runs/{self.run_id}/request.json"
