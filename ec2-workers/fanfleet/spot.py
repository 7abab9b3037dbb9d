"""The notice of a Spot instance, which comes two minutes before EC2 takes the instance back."""

import threading
from collections.abc import Callable

from fanfleet.metadata import Metadata
from fanfleet.steps import say

POLL_S = 2.0
"""AWS recommends 5 s; nothing is lost by asking the link-local address more often."""

NOTICE_S = 120.0


class SpotWatch:
    """Asks the metadata service, on a thread of its own, and calls `on_notice` once."""

    def __init__(self, metadata: Metadata, on_notice: Callable[[], None], poll_s: float = POLL_S) -> None:
        self._metadata = metadata
        self._on_notice = on_notice
        self._poll_s = poll_s
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="spot", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()

    def join(self, limit_s: float) -> None:
        self._thread.join(limit_s)

    def _watch(self) -> None:
        while not self._stopped.wait(self._poll_s):
            try:
                notice = self._metadata.get("spot/instance-action")
            except OSError:
                continue  # The service is busy; the notice stays there.
            if notice is not None:
                say(f"EC2 takes this host back: {notice}")
                self._on_notice()
                return
