"""Samples of a host over any time, in bounded memory."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

MOST_LINES = 3_600
"""An hour, at one a second."""


@dataclass(frozen=True, slots=True)
class Sample:
    at_ms: int
    """Epoch milliseconds. A sample is of the time since the one before."""
    cpu: float
    """Processors in use, on average."""
    cpus: float
    memory_bytes: int
    memory_limit_bytes: int
    received_bytes: int | None
    """Since the watch began, as `sent_bytes`; None where it cannot be told for this host."""
    sent_bytes: int | None

    def line(self) -> str:
        """`sampleSchema` of src/fleet/samples.ts."""
        fields = {
            "at": self.at_ms,
            "cpu": round(self.cpu, 3),
            "cpus": self.cpus,
            "memoryBytes": self.memory_bytes,
            "memoryLimitBytes": self.memory_limit_bytes,
            "receivedBytes": self.received_bytes,
            "sentBytes": self.sent_bytes,
        }
        return json.dumps(fields, separators=(",", ":")) + "\n"


class SampleLog:
    """All samples while there are at most `most`, which is even; after that, each line stands for twice as many."""

    def __init__(self, most: int = MOST_LINES) -> None:
        self._most = most
        self._lines: list[Sample] = []
        self._rest: list[Sample] = []
        self.stride = 1
        """Samples that a line stands for."""

    def add(self, sample: Sample) -> None:
        self._rest.append(sample)
        if len(self._rest) < self.stride:
            return
        if len(self._lines) == self._most:
            self._lines = [_merge(self._lines[at : at + 2]) for at in range(0, self._most, 2)]
            self.stride *= 2
            return
        self._lines.append(_merge(self._rest))
        self._rest = []

    def text(self) -> str:
        """JSON Lines in order of time; the last line may stand for fewer samples than the others."""
        rest = [_merge(self._rest)] if self._rest else []
        return "".join(sample.line() for sample in [*self._lines, *rest])


def _merge(samples: Sequence[Sample]) -> Sample:
    """The mean of the processors in use, the most of the memory, and the counters as they were at the end."""
    last = samples[-1]
    return Sample(
        last.at_ms,
        sum(sample.cpu for sample in samples) / len(samples),
        last.cpus,
        max(sample.memory_bytes for sample in samples),
        last.memory_limit_bytes,
        last.received_bytes,
        last.sent_bytes,
    )
