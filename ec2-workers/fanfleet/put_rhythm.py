"""How often a host of a kept fleet tells what it uses: often while it works, and seldom while it has nothing to do."""

PUT_EVERY_S = 5.0
IDLE_PUT_EVERY_S = 60.0

REST_SAMPLES = 3
"""So many samples without work, and a piece of work is over."""

AT_ONCE_SAMPLES = 60
"""So long the samples of a piece of work are put as they come: a report may be made of it as soon as it is over."""


class PutRhythm:
    def __init__(self) -> None:
        self._worked = 0
        self._rested = 0

    def heed(self, is_at_work: bool) -> bool:
        """Hear of a sample, and say whether it is to be put at once."""
        self._rested = 0 if is_at_work else self._rested + 1
        if self._rested > REST_SAMPLES:
            self._worked = 0
        elif is_at_work or self._worked > 0:
            self._worked += 1
        is_just_over = self._worked > 0 and self._rested > 0
        return is_just_over or 0 < self._worked <= AT_ONCE_SAMPLES

    @property
    def every_s(self) -> float:
        """When nothing is to be put at once."""
        return IDLE_PUT_EVERY_S if self._worked == 0 else PUT_EVERY_S
