"""The chunks of a PNG (ISO/IEC 15948): the twin of src/kernel/formats/png.ts, which says why."""

import zlib
from functools import partial
from struct import Struct

from fanfleet.formats.pieces import Pieces
from fanfleet.formats.png_data import open_png, png_chunk
from fanfleet.formats.still import Refused, Still, check_size, must

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

_chunk_at = Struct(">I4s").unpack_from
_header_at = Struct(">I4sIIBBBBB").unpack_from
_number_at = Struct(">I").unpack_from


def read_png(data: bytes) -> Still:
    must(data[12:16] != b"CgBI", "UNSUPPORTED_VARIANT")
    length, kind, width, height, depth, colour, compression, filters, interlace = _header_at(data, 8)
    must(length == 13 and kind == b"IHDR")
    must(depth in _DEPTHS.get(colour, ()))
    must(compression == 0 and filters == 0 and interlace <= 1)
    check_size(width, height)

    head = []
    packed = []
    view = memoryview(data)
    pieces = Pieces(data)
    at, entries, kind = 8, 0, b""
    transparent = over = False
    # Here most of the time of a small image is spent, so what a chunk passes takes no call.
    while kind != b"IEND":
        length, kind = _chunk_at(data, at)
        after = at + 12 + length
        if after > len(data) or zlib.crc32(view[at + 4 : after - 4]) != _number_at(data, after - 4)[0]:
            raise Refused("DECODE_FAILED")
        if packed and kind != b"IDAT":
            over = True
        keep = True
        if kind == b"IHDR":
            must(at == 8)
            head.append(data[:after])
        elif kind == b"IDAT":
            must(not over)
            packed.append(view[at + 8 : after - 4])
        elif kind == b"PLTE" and colour == _PALETTE:
            must(not packed and entries == 0 and length > 0 and length % 3 == 0)
            entries = min(length // 3, 1 << depth)
            head.append(png_chunk(kind, data[at + 8 : at + 8 + 3 * entries]))
            if length > 3 * entries:
                pieces.replace(at, after, head[-1])
        elif kind == b"tRNS" and not packed and colour <= _PALETTE:
            must(not transparent)
            stored = data[at + 8 : after - 4]
            body = _transparency(stored, colour, depth, entries)
            transparent, keep = True, len(body) > 0
            if keep:
                head.append(png_chunk(kind, body))
                if body != stored:
                    pieces.replace(at, after, head[-1])
        elif kind == b"IEND":
            must(length == 0)
        else:
            known = kind[0] >> 5 & 1 == 1 or kind == b"PLTE"
            must(known, "UNSUPPORTED_VARIANT" if kind.isalpha() else "DECODE_FAILED")
            keep = False
        if not keep:
            pieces.cut(at, after)
        at = after
    must(bool(packed))
    must(colour != _PALETTE or entries > 0)
    size = _raw_size(width, height, depth * _SAMPLES[colour], interlace)
    file = b"".join(head)
    stream = partial(open_png, file, packed, size)
    per_pixel = _per_pixel(colour, depth, interlace == 0, transparent)
    of_frame = (width, height, width, height)
    return Still("PNG", *of_frame, file, per_pixel, deep=depth == 16, stream=stream, pieces=pieces.up_to(at))


def _per_pixel(colour: int, depth: int, streamed: bool, transparent: bool) -> int:
    if depth == 16:
        return (13 if colour == _GREY else 26) + (0 if streamed else 8)
    if colour == _GREY and not transparent:
        return (3 if depth == 1 else 2) + (0 if streamed else 1)
    return 5 if streamed and not transparent else 9


def _transparency(body: bytes, colour: int, depth: int, entries: int) -> bytes:
    if colour == _PALETTE:
        must(entries > 0)
        return body[:entries]
    must(len(body) == (2 if colour == _GREY else 6))
    most = (1 << depth) - 1
    return bytes(byte & (most & 255 if place % 2 else most >> 8) for place, byte in enumerate(body))


def _raw_size(width: int, height: int, bits: int, interlace: int) -> int:
    """Bytes of the filtered rows."""
    if not interlace:
        return height * (1 + (width * bits + 7) // 8)
    size = 0
    for left, top, across, down in _ADAM7:
        columns, rows = -(-(width - left) // across), -(-(height - top) // down)
        if columns > 0 and rows > 0:
            size += rows * (1 + (columns * bits + 7) // 8)
    return size
