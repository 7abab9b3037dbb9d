"""Waiting for what comes, however busy the machine is."""

import time

LIMIT_S = 120.0
"""Many times what anything here takes where nothing else runs: only what never comes meets it."""


def until(value, limit_s=LIMIT_S):
    """What `value` gives once that is true; or what it gives last, where it stays false for so many seconds."""
    deadline = time.monotonic() + limit_s
    while not (found := value()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return found


class Clock:
    """In the place of the module `time`: only sleep makes it go on, so no machine is too slow for what is measured."""

    def __init__(self, now=1_800_000_000.0):
        self.now = now

    def time(self):
        return self.now

    def monotonic(self):
        return self.now

    def sleep(self, seconds):
        self.now += seconds
