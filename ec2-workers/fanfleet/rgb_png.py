"""A PNG of 8-bit RGB: the twin of src/kernel/png-writer.ts."""

import zlib
from struct import pack
from typing import Any

FILTER_SUB = 1
"""The byte before each line, whose values are less their left neighbour's."""


class PngWriter:
    """One IDAT, filter Sub on all lines. Huffman coding alone leaves zlib no choice: the bytes are fixed."""

    def __init__(self, width: int, height: int) -> None:
        self._header = pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
        self._compressor = zlib.compressobj(1, zlib.DEFLATED, 15, 8, zlib.Z_HUFFMAN_ONLY)
        self._data: list[bytes] = []

    def write(self, lines: Any) -> None:
        """The next whole lines, anything that has bytes, each filtered and behind the byte of its filter."""
        self._data.append(self._compressor.compress(lines))

    def end(self) -> bytes:
        self._data.append(self._compressor.flush())
        chunks = (*_chunk(b"IHDR", self._header), *_chunk(b"IDAT", *self._data), *_chunk(b"IEND"))
        return b"".join((b"\x89PNG\r\n\x1a\n", *chunks))


def _chunk(kind: bytes, *body: bytes) -> tuple[bytes, ...]:
    checksum = zlib.crc32(kind)
    for part in body:
        checksum = zlib.crc32(part, checksum)
    return pack(">I", sum(map(len, body))), kind, *body, pack(">I", checksum)
