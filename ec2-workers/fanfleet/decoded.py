"""Pixels of images: the twin of `Decoded` in src/kernel/kernel.ts."""

import time
from typing import Any, NamedTuple

from fanfleet.formats import Refused, Still
from fanfleet.row import failed_row


class Decoded(NamedTuple):
    """What became of an image whose pixels were asked for: these, or the row of one that cannot be decoded."""

    decode_ms: float
    width: int = 0
    height: int = 0
    data: memoryview | None = None
    """R, G and B of each pixel in 8 bits, row by row from the top: width x height x 3 bytes."""
    failed: dict[str, Any] | None = None
    """The row with its error, and then there is no data."""
    detail: str | None = None
    """The decoder's own message about a failed image, for logs."""
    dropped_bits: bool = False
    """Whether it has 16 bits a sample, of which these are the high 8."""
    left_to: str | None = None
    """The name of the kernel that it was left to by the one that was asked."""


def refused(key: str, reason: Refused, started: float) -> Decoded:
    """`started` is when work on the image began, by `time.perf_counter`."""
    spent = (time.perf_counter() - started) * 1000
    return Decoded(spent, failed=failed_row(key, reason.code), detail=reason.detail or None)


def row_of_size(key: str, one: Decoded, size: tuple[int, int]) -> dict[str, Any]:
    """The beginning of the row of an image that has to have this width and height, or that of its error."""
    if one.failed is not None:
        return one.failed
    if (one.width, one.height) != size:
        return failed_row(key, "SIZE_DIFFERS")
    return {"key": key, "width": one.width, "height": one.height, "channels": 3}


def room_for(still: Still, into: Any) -> memoryview:
    """Bytes for the pixels of an image: of `into` where that is there and has so many, else new ones."""
    size = 3 * still.width * still.height
    if into is not None:
        view = memoryview(into)
        if view.nbytes >= size:
            return view.cast("B")[:size]
    return memoryview(bytearray(size))
