"""The chunks of a PNG (ISO/IEC 15948): the twin of src/kernel/formats/png.ts, which says why."""

import zlib
from struct import pack, unpack_from

from fanfleet.formats.still import Refused, Still, check_size, must, u32

_GREY, _RGB, _PALETTE, _GREY_ALPHA, _RGBA = 0, 2, 3, 4, 6
_DEPTHS = {
    _GREY: (1, 2, 4, 8, 16),
    _RGB: (8, 16),
    _PALETTE: (1, 2, 4, 8),
    _GREY_ALPHA: (8, 16),
    _RGBA: (8, 16),
}
_SAMPLES = {_GREY: 1, _RGB: 3, _PALETTE: 1, _GREY_ALPHA: 2, _RGBA: 4}
_ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))

_LIBPNG_BLOCK = 8192
"""The most of a chunk that libpng inflates at once (PNG_IDAT_READ_SIZE)."""
_LIBPNG_DISCARDED = 1024
"""The most bytes behind the rows that it takes at once (PNG_INFLATE_BUF_SIZE)."""


def read_png(data: bytes) -> Still:
    must(data[12:16] != b"CgBI", "UNSUPPORTED_VARIANT")
    must(u32(data, 8) == 13 and data[12:16] == b"IHDR")
    width, height, depth, colour, compression, filters, interlace = unpack_from(">IIBBBBB", data, 16)
    must(depth in _DEPTHS.get(colour, ()))
    must(compression == 0 and filters == 0 and interlace <= 1)
    check_size(width, height)

    head = []
    packed = []
    at, entries, kind = 8, 0, b""
    transparent = over = False
    while kind != b"IEND":
        length = u32(data, at)
        after = at + 12 + length
        must(after <= len(data))
        kind = data[at + 4 : at + 8]
        must(zlib.crc32(memoryview(data)[at + 4 : after - 4]) == u32(data, after - 4))
        if packed and kind != b"IDAT":
            over = True
        if kind == b"IHDR":
            must(at == 8)
            head.append(data[:after])
        elif kind == b"IDAT":
            must(not over)
            packed.append(data[at + 8 : after - 4])
        elif kind == b"PLTE" and colour == _PALETTE:
            must(not packed and entries == 0 and length > 0 and length % 3 == 0)
            entries = min(length // 3, 1 << depth)
            head.append(_chunk(kind, data[at + 8 : at + 8 + 3 * entries]))
        elif kind == b"tRNS" and not packed and colour <= _PALETTE:
            must(not transparent)
            body = _transparency(data[at + 8 : after - 4], colour, depth, entries)
            transparent = True
            if body:
                head.append(_chunk(kind, body))
        elif kind == b"IEND":
            must(length == 0)
        else:
            known = kind[0] >> 5 & 1 == 1 or kind == b"PLTE"
            must(known, "UNSUPPORTED_VARIANT" if kind.isalpha() else "DECODE_FAILED")
        at = after
    must(bool(packed))
    must(colour != _PALETTE or entries > 0)
    image = _inflate(packed, _raw_size(width, height, depth * _SAMPLES[colour], interlace))
    head += (_chunk(b"IDAT", image), _chunk(b"IEND", b""))
    return Still("PNG", width, height, width, height, b"".join(head), deep=depth == 16)


def _transparency(body: bytes, colour: int, depth: int, entries: int) -> bytes:
    if colour == _PALETTE:
        must(entries > 0)
        return body[:entries]
    must(len(body) == (2 if colour == _GREY else 6))
    most = (1 << depth) - 1
    return bytes(byte & (most & 255 if place % 2 else most >> 8) for place, byte in enumerate(body))


def _raw_size(width: int, height: int, bits: int, interlace: int) -> int:
    """Bytes of the filtered rows."""
    passes = _ADAM7 if interlace else ((0, 0, 1, 1),)
    size = 0
    for left, top, across, down in passes:
        columns, rows = -(-(width - left) // across), -(-(height - top) // down)
        if columns > 0 and rows > 0:
            size += rows * (1 + (columns * bits + 7) // 8)
    return size


def _inflate(packed: list[bytes], size: int) -> bytes:
    """The rows, stored uncompressed: Pillow leaves missing rows black without a word, so they are counted here."""
    inflater = zlib.decompressobj()
    try:
        rows = inflater.decompress(b"".join(packed), size)
    except zlib.error:
        rows = b""
    if len(rows) < size or not inflater.eof:
        rows = _inflate_like_libpng(packed, size)
    return zlib.compress(rows, 0)


def _inflate_like_libpng(packed: list[bytes], size: int) -> bytes:
    """The rows of a stream with a flaw, where libpng gives them (png_read_IDAT_data, png_read_finish_IDAT).

    It inflates block by block. Behind the rows it looks for the end of the stream: damage there is no matter to it, nor
    is the end where the first look gives no more bytes, but having to go on behind the last block is.
    """
    blocks = (body[at : at + _LIBPNG_BLOCK] for body in packed for at in range(0, len(body), _LIBPNG_BLOCK))
    inflater, rows, rest = zlib.decompressobj(), bytearray(), b""
    while len(rows) < size:
        rest = rest or next(blocks, b"")
        must(len(rest) > 0 and not inflater.eof)
        try:
            rows += inflater.decompress(rest, size - len(rows))
        except zlib.error as reason:
            raise Refused("DECODE_FAILED", str(reason)) from reason
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
    return bytes(rows)


def _chunk(kind: bytes, body: bytes) -> bytes:
    # Pillow does not look at the checksum of image data, of which there may be much.
    checksum = 0 if kind == b"IDAT" else zlib.crc32(kind + body)
    return pack(">I", len(body)) + kind + body + pack(">I", checksum)
