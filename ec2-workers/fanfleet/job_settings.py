"""What one job of a fleet is: a round of a run, over the images of its manifest."""

import os
from collections.abc import Mapping
from dataclasses import dataclass


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

    @property
    def manifest_key(self) -> str:
        return f"runs/{self.run_id}/manifest.json"

    def engine_arguments(self, runs_bucket: str) -> list[str]:
        """For an engine, as its parser in engines/contract.py wants them."""
        return [
            *("--manifest", f"s3://{runs_bucket}/{self.manifest_key}"),
            *("--out", f"s3://{runs_bucket}/{self.arm_prefix}"),
            *("--workload", self.workload, "--kernel", self.kernel),
            *("--image-memory", str(self.image_memory)),
            *("--bucket", self.data_bucket, "--requester-pays", self.requester_pays),
            *("--round", str(self.round)),
        ]
