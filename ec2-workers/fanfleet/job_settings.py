"""What one job of a fleet is: a round of a run, over the images of its manifest."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class JobSettings:
    run_id: str
    round: int
    data_bucket: str
    requester_pays: str
    """`true` or `false`: whether requests to that bucket say that the requester pays."""
    workload: str
    """JSON: what is done with the images, as `Workload` in src/contract/workload.ts."""
    kernel: str
    """What is to measure them, one of `WANTED` in kernels.py: the same in both arms."""
    image_memory: int
    """Most MiB that one image may take."""

    @staticmethod
    def of(variables: Mapping[str, str] = os.environ) -> "JobSettings":
        """From the header of the user data (docs/architecture.md, "The fleet"); a kept fleet gets it with each job.

        Raises KeyError that names the variable, or ValueError.
        """
        return JobSettings(
            run_id=variables["FANFLEET_RUN_ID"],
            round=int(variables["FANFLEET_ROUND"]),
            data_bucket=variables["FANFLEET_DATA_BUCKET"],
            requester_pays=variables["FANFLEET_REQUESTER_PAYS"],
            workload=variables["FANFLEET_WORKLOAD"],
            kernel=variables["FANFLEET_KERNEL"],
            image_memory=int(variables["FANFLEET_IMAGE_MEMORY"]),
        )

    @property
    def arm_prefix(self) -> str:
        """As `layout.arm` in src/contract/layout.ts."""
        return f"runs/{self.run_id}/fleet/round-{self.round}/"

    def folder(self, stage: dict[str, Any] | None) -> str:
        """Where the batches of a stage are, or of a job that is a single map: likewise."""
        return self.arm_prefix if stage is None else f"{self.arm_prefix}stage-{stage['number']}/"

    @property
    def manifest_key(self) -> str:
        return f"runs/{self.run_id}/manifest.json"

    @property
    def inputs_key(self) -> str:
        return f"runs/{self.run_id}/inputs.json"

    def engine_arguments(self, runs_bucket: str, stage: dict[str, Any] | None) -> list[str]:
        """For an engine, as its parser in engines/contract.py wants them.

        `stage` is as `Stage` in src/contract/stage.ts, or None for a job that is a single map.
        """
        return [
            *("--manifest", f"s3://{runs_bucket}/{self.manifest_key}"),
            *("--out", f"s3://{runs_bucket}/{self.folder(stage)}"),
            *(() if stage is None else ("--stage", json.dumps(stage))),
            *("--workload", self.workload, "--kernel", self.kernel),
            *("--image-memory", str(self.image_memory)),
            *("--bucket", self.data_bucket, "--requester-pays", self.requester_pays),
            *("--round", str(self.round)),
        ]
