"""The markers of a JPEG (ITU-T T.81, annex B): the twin of src/kernel/formats/jpeg.ts, which says why."""

import io
import re
from collections.abc import Callable
from functools import lru_cache, partial
from struct import unpack_from
from typing import NamedTuple

from fanfleet.formats.pieces import Piece, Pieces, joined_pieces
from fanfleet.formats.still import Refused, Still, check_size, must, u16

MAX_SCANS = 100
MAX_JPEG_SIDE = 65_500
_SOFS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_TABLES_AND_SCANS = frozenset((0xC4, 0xDA, 0xDB, 0xDD))
_OF_VARIANTS = frozenset((0xCC, 0xDE, 0xDF, 0xF7))
ScanEnd = Callable[[bytes, int], int]
_SCAN_END = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")


def scan_end(data: bytes, start: int) -> int:
    """Where the next marker is that ends entropy-coded data; the length where there is none."""
    found = _SCAN_END.search(data, start)
    return len(data) if found is None else found.start()


def read_jpeg(data: bytes, find_scan_end: ScanEnd = scan_end) -> Still:
    pieces = Pieces(data)
    at = 2
    frame = None
    scans = 0
    complete = False
    length = len(data)
    # Once for each segment of each image: tests are in line, and the most frequent kind comes first.
    while True:
        if data[at] != 0xFF:
            raise Refused("DECODE_FAILED")
        while data[at + 1] == 0xFF:
            at += 1
        marker = data[at + 1]
        if marker == 0xD9:
            break
        after = at + 2 + (data[at + 2] << 8 | data[at + 3])
        if not at + 4 <= after <= length:
            raise Refused("DECODE_FAILED")
        if marker in _TABLES_AND_SCANS and not complete:
            pass
        elif marker in _SOFS:
            must(frame is None)
            frame = _read_frame(data, at, after, marker)
        elif 0xE0 <= marker <= 0xEF or marker == 0xFE:
            if not _decides_colour(data, at, after, marker):
                pieces.cut(at, after)
        elif marker == 0xDC:
            must(frame is not None and scans > 0 and after == at + 6)
            lines = u16(data, at + 4)
            must(lines > 0)
            must(lines == frame.height, "UNSUPPORTED_VARIANT")
            pieces.cut(at, after)
        else:
            raise Refused("UNSUPPORTED_VARIANT" if marker in _OF_VARIANTS and not complete else "DECODE_FAILED")
        at = after
        if marker == 0xDA:
            must(frame is not None)
            scans += 1
            must(scans <= MAX_SCANS, "UNSUPPORTED_VARIANT")
            complete = not frame.progressive and data[after - 4 - 2 * frame.components] == frame.components
            at = find_scan_end(data, after)
            must(at < length)
    must(frame is not None and frame.height > 0 and scans > 0)
    size = (frame.width, frame.height)
    kept = pieces.up_to(at + 2)
    per_pixel = _per_pixel(frame, complete)
    return Still("JPEG", *size, *size, data, per_pixel=per_pixel, stream=partial(_open, kept), pieces=kept)


def _open(pieces: list[Piece]) -> io.BytesIO:
    return io.BytesIO(joined_pieces(pieces))


class _Frame(NamedTuple):
    width: int
    height: int
    components: int
    progressive: bool


def _read_frame(data: bytes, at: int, after: int, marker: int) -> _Frame:
    must(marker <= 0xC2, "UNSUPPORTED_VARIANT")
    must(data[at + 4] == 8, "UNSUPPORTED_VARIANT")
    height, width, components = unpack_from(">HHB", data, at + 5)
    must(components in (1, 3), "UNSUPPORTED_COLOUR")
    check_size(width, height or 1)
    must(max(width, height) <= MAX_JPEG_SIDE, "UNSUPPORTED_VARIANT")
    must(after == at + 10 + 3 * components)
    refusal = _refusal_of_factors(data[at + 11 : after : 3])
    if refusal is not None:
        raise Refused(refusal)
    return _Frame(width, height, components, marker == 0xC2)


@lru_cache(maxsize=256)
def _refusal_of_factors(factors: bytes) -> str | None:
    """What is wrong with sampling factors, each horizontal (high four bits) and vertical; a set shares them."""
    for side in [both >> 4 for both in factors], [both & 15 for both in factors]:
        if not all(1 <= factor <= 4 for factor in side):
            return "DECODE_FAILED"
        if any(max(side) % factor for factor in side):
            return "UNSUPPORTED_VARIANT"
    return None


def _per_pixel(frame: _Frame, streamed: bool) -> int:
    return (2 if frame.components == 1 else 5) + (0 if streamed else 2 * frame.components)


def _decides_colour(data: bytes, at: int, after: int, marker: int) -> bool:
    if marker == 0xE0:
        return after - at >= 18 and data[at + 4 : at + 9] == b"JFIF\0"
    return marker == 0xEE and after - at >= 16 and data[at + 4 : at + 9] == b"Adobe"
