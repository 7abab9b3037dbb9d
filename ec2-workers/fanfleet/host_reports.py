"""The reports that hosts have put beside the results, as the head reads them: each once."""

import json
import time
from collections.abc import Callable, Set
from typing import Any

from fanfleet.aws import list_keys
from fanfleet.settings import Settings

POLL_S = 0.5

PATIENCE_S = 5.0
"""How long the reports of workers that are there are waited for."""


class HostReports:
    def __init__(self, s3: Any, settings: Settings) -> None:
        self._s3, self._bucket = s3, settings.runs_bucket
        self._folder = f"{settings.folder}hosts/"
        self._read: set[str] = set()
        self._latest: dict[str, dict[str, Any]] = {}
        self._waited_for: set[str] = set()

    def of(self, seen: Callable[[], Set[str]], alive: Callable[[], Set[str]]) -> list[dict[str, Any]]:
        """Of all addresses that were `seen`, in their order. A worker that is alive is waited for, but only once."""
        if not seen() <= self._latest.keys():
            self._look()
        # A worker tells of itself after it has joined, which is later than the end of a short job.
        until = time.time() + PATIENCE_S
        while missing := alive() - self._latest.keys() - self._waited_for:
            if time.time() > until:
                self._waited_for |= missing
                break
            time.sleep(POLL_S)
            self._look()
        return [self._latest[address] for address in sorted(seen()) if address in self._latest]

    def _look(self) -> None:
        """Of two hosts that had the same address the later one counts."""
        for key in list_keys(self._s3, self._bucket, self._folder):
            if key in self._read:
                continue
            report = json.loads(self._s3.get_object(Bucket=self._bucket, Key=key)["Body"].read())
            self._read.add(key)
            known = self._latest.get(report["address"])
            if known is None or known["readyAt"] < report["readyAt"]:
                self._latest[report["address"]] = report
