"""The image data of a PNG, inflated here and stored uncompressed.

Pillow leaves missing rows black without a word, so they are counted before it sees them.
"""

import io
import zlib
from collections.abc import Iterator, Sequence
from struct import pack
from typing import BinaryIO

from fanfleet.formats.still import Refused, must

_LIBPNG_BLOCK = 8192
"""The most of a chunk that libpng inflates at once (PNG_IDAT_READ_SIZE)."""
_LIBPNG_DISCARDED = 1024
"""The most bytes behind the rows that it takes at once (PNG_INFLATE_BUF_SIZE)."""

_MOST_STORED = 32 * 2**20
"""Rows of more bytes are inflated while they are decoded: it is slower than at once, and takes no memory."""

Packed = Sequence[memoryview]
"""The bodies of the IDAT chunks."""


def open_png(head: bytes, packed: Packed, size: int) -> BinaryIO:
    """A file of the chunks `head`, and IDAT and IEND with `size` bytes of rows. This, or reading it, raises Refused."""
    return PngStream(head, packed, size) if size > _MOST_STORED else io.BytesIO(head + _stored(packed, size))


def _stored(packed: Packed, size: int) -> bytes:
    inflater = zlib.decompressobj()
    try:
        rows = inflater.decompress(packed[0] if len(packed) == 1 else b"".join(packed), size)
    except zlib.error:
        rows = b""
    if len(rows) < size or not inflater.eof:
        rows = b"".join(_rows_of_libpng(packed, size))
    return png_chunk(b"IDAT", zlib.compress(rows, 0)) + png_chunk(b"IEND", b"")


class PngStream:
    """The same, made as it is read."""

    def __init__(self, head: bytes, packed: Packed, size: int) -> None:
        self._parts = _parts(head, packed, size)
        self._rest = memoryview(b"")
        self._at = 0

    def tell(self) -> int:
        return self._at

    def seek(self, place: int) -> int:
        """Only forwards, since what was read is gone."""
        if place < self._at:
            raise OSError(f"Expected a place from {self._at} on but got {place}.")
        self.read(place - self._at)
        return self._at

    def read(self, most: int) -> bytes:
        found = bytearray()
        while len(found) < most:
            if not self._rest:
                self._rest = memoryview(next(self._parts, b""))
            if not self._rest:
                break
            part = self._rest[: most - len(found)]
            self._rest = self._rest[len(part) :]
            found += part
        self._at += len(found)
        return bytes(found)


def _parts(head: bytes, packed: Packed, size: int) -> Iterator[bytes]:
    yield head
    storing = zlib.compressobj(0)
    for rows in _rows_of_libpng(packed, size):
        stored = storing.compress(rows)
        if stored:
            yield png_chunk(b"IDAT", stored)
    yield png_chunk(b"IDAT", storing.flush())
    yield png_chunk(b"IEND", b"")


def _rows_of_libpng(packed: Packed, size: int) -> Iterator[bytes]:
    """The rows part by part, also of a stream with a flaw where libpng gives them (png_read_IDAT_data,
    png_read_finish_IDAT).

    It inflates block by block. Behind the rows it looks for the end of the stream: damage there is no matter to it, nor
    is the end where the first look gives no more bytes, but having to go on behind the last block is.
    """
    blocks = (body[at : at + _LIBPNG_BLOCK] for body in packed for at in range(0, len(body), _LIBPNG_BLOCK))
    inflater, rest, missing = zlib.decompressobj(), memoryview(b""), size
    while missing > 0:
        rest = rest or next(blocks, b"")
        must(len(rest) > 0 and not inflater.eof)
        try:
            rows = inflater.decompress(rest, missing)
        except zlib.error as reason:
            raise Refused("DECODE_FAILED", str(reason)) from reason
        missing -= len(rows)
        yield rows
        rest = inflater.unconsumed_tail
    discarded = 0
    while not inflater.eof:
        rest = rest or next(blocks, b"")
        must(len(rest) > 0)
        try:
            discarded += len(inflater.decompress(rest, _LIBPNG_DISCARDED))
        except zlib.error:
            break
        if discarded == 0:
            break
        rest = inflater.unconsumed_tail


def png_chunk(kind: bytes, body: bytes) -> bytes:
    # Pillow does not look at the checksum of image data, of which there may be much.
    checksum = 0 if kind == b"IDAT" else zlib.crc32(kind + body)
    return pack(">I", len(body)) + kind + body + pack(">I", checksum)
