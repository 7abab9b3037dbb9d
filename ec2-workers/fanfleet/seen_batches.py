"""When the head saw each batch done, by its own clock: beside the worker's span, which has the worker's clock."""

import json
import time
from collections.abc import Callable
from typing import Any

from fanfleet.aws import list_keys
from fanfleet.task import batch_name, batch_numbers


class SeenBatches:
    """The batches that have a span, looked for every now and then.

    Engines tell of a batch in ways of their own, or only when all are done. S3 tells the same of all engines; it makes
    a time up to one look late.
    """

    def __init__(self, s3: Any, bucket: str, arm_prefix: str, now: Callable[[], float] = time.time) -> None:
        """`arm_prefix` ends in a slash; `now` gives epoch seconds."""
        self._s3 = s3
        self._bucket = bucket
        self._arm_prefix = arm_prefix
        self._now = now
        self._seen_at: dict[int, float] = {}
        self._first_missing = 0

    def look(self) -> int:
        """How many batches are done; those that are new are seen now."""
        spans = f"{self._arm_prefix}spans/"
        # S3 lists batches in their order, and they are done about in it. Asking only for those behind the ones that are
        # all done keeps a look at one request, however many there are.
        after = "" if self._first_missing == 0 else f"{spans}{batch_name(self._first_missing - 1)}.json"
        keys = list_keys(self._s3, self._bucket, spans, after)
        seen_at = self._now()
        for batch in batch_numbers(keys):
            self._seen_at.setdefault(batch, seen_at)
        while self._first_missing in self._seen_at:
            self._first_missing += 1
        return len(self._seen_at)

    def write(self) -> None:
        """Leave `seen.jsonl`: `{"batch", "seenAt"}` with epoch milliseconds, a line for each batch, in their order."""
        lines = (
            json.dumps({"batch": batch, "seenAt": round(self._seen_at[batch] * 1000)}, separators=(",", ":"))
            for batch in sorted(self._seen_at)
        )
        body = "".join(f"{line}\n" for line in lines).encode()
        key = f"{self._arm_prefix}seen.jsonl"
        self._s3.put_object(Bucket=self._bucket, Key=key, Body=body, ContentType="application/x-ndjson")
