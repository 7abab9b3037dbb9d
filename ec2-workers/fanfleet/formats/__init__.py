"""Headers of JPEG, PNG, GIF, WebP and TIFF: the twin of src/kernel/formats, check by check (docs/formats.md).

A file is found by its first bytes. What is refused here is refused before anything is decoded, in the same order
and with the same code as in TypeScript. What goes on to the decoder is only what decides the pixels.
"""

from collections.abc import Callable
from struct import error as StructError

from fanfleet.formats.gif import read_gif
from fanfleet.formats.jpeg import ScanEnd, read_jpeg, scan_end
from fanfleet.formats.png import read_png
from fanfleet.formats.still import Refused, Still
from fanfleet.formats.tiff import read_tiff
from fanfleet.formats.webp import read_webp

__all__ = ["Refused", "Still", "read_still"]


def read_still(data: bytes, find_scan_end: ScanEnd = scan_end) -> Still:
    """Read the header. Raises Refused.

    `find_scan_end` is the part of it that goes through all bytes of a JPEG.
    """
    if not data:
        raise Refused("EMPTY_OBJECT")
    read = _reader_of(data)
    if read is None:
        raise Refused("NOT_AN_IMAGE")
    try:
        return read_jpeg(data, find_scan_end) if read is read_jpeg else read(data)
    except (IndexError, StructError) as reason:
        raise Refused("DECODE_FAILED", "the file is cut short") from reason


def _reader_of(data: bytes) -> Callable[[bytes], Still] | None:
    if data.startswith(b"\xff\xd8\xff"):
        return read_jpeg
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return read_png
    if data.startswith((b"GIF87a", b"GIF89a")):
        return read_gif
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return read_webp
    if data.startswith((b"II*\0", b"II+\0", b"MM\0*", b"MM\0+")):
        return read_tiff
    return None
