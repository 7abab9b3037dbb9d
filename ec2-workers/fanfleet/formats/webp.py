"""The first picture of a WebP (RFC 9649): the twin of src/kernel/formats/webp.ts, which says why."""

from collections.abc import Iterator
from struct import pack, unpack_from
from typing import NamedTuple

from fanfleet.formats.still import Refused, Still, check_size, must, u24le, u32le

_WEBP_BYTES = 18


class _Chunk(NamedTuple):
    kind: bytes
    at: int
    after: int


_Size = tuple[int, int]


def read_webp(data: bytes) -> Still:
    end = 8 + u32le(data, 4)
    must(end <= len(data))
    canvas = _canvas_size(data)
    if canvas is not None:
        check_size(*canvas)
    alpha, image = _first_picture(data, 12, end)
    if image.kind == b"ANMF":
        must(canvas is not None)
        return _first_frame(data, image, canvas)
    size = _picture_size(data, image)
    check_size(*size)
    must(canvas is None or size == canvas)
    return Still("WEBP", *size, *size, _still_file(data, size, alpha, image), _WEBP_BYTES)


def _first_frame(data: bytes, frame: _Chunk, canvas: _Size) -> Still:
    at = frame.at
    size = 1 + u24le(data, at + 14), 1 + u24le(data, at + 17)
    left, top = 2 * u24le(data, at + 8), 2 * u24le(data, at + 11)
    must(left + size[0] <= canvas[0])
    must(top + size[1] <= canvas[1])
    alpha, image = _first_picture(data, at + 24, frame.after)
    must(image.kind != b"ANMF" and size == _picture_size(data, image))
    return Still("WEBP", *canvas, *size, _still_file(data, size, alpha, image), _WEBP_BYTES, left, top)


def _canvas_size(data: bytes) -> _Size | None:
    if data[12:16] != b"VP8X":
        return None
    must(u32le(data, 16) >= 10)
    return 1 + u24le(data, 24), 1 + u24le(data, 27)


def _first_picture(data: bytes, at: int, end: int) -> tuple[_Chunk | None, _Chunk]:
    alpha = None
    for chunk in _chunks(data, at, end):
        if chunk.kind == b"ALPH":
            alpha = alpha or chunk
        elif chunk.kind == b"VP8 ":
            return alpha, chunk
        elif chunk.kind in (b"VP8L", b"ANMF"):
            return None, chunk
    raise Refused("DECODE_FAILED")


def _picture_size(data: bytes, chunk: _Chunk) -> _Size:
    if chunk.kind == b"VP8 ":
        must(chunk.after >= chunk.at + 18)
        width, height = unpack_from("<HH", data, chunk.at + 14)
        return width & 0x3FFF, height & 0x3FFF
    must(chunk.after >= chunk.at + 13)
    bits = u32le(data, chunk.at + 9)
    return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)


def _still_file(data: bytes, size: _Size, alpha: _Chunk | None, image: _Chunk) -> bytes:
    parts = [b"WEBP"]
    if alpha is not None:
        width, height = (pack("<I", side - 1)[:3] for side in size)
        parts += (b"VP8X", pack("<II", 10, 0x10), width, height, _padded(data, alpha))
    parts.append(_padded(data, image))
    body = b"".join(parts)
    return b"RIFF" + pack("<I", len(body)) + body


def _padded(data: bytes, chunk: _Chunk) -> bytes:
    return data[chunk.at : chunk.after] + bytes((chunk.after - chunk.at) % 2)


def _chunks(data: bytes, at: int, end: int) -> Iterator[_Chunk]:
    while at + 8 <= end:
        length = u32le(data, at + 4)
        must(at + 8 + length <= end)
        after = min(at + 8 + length + length % 2, end)
        yield _Chunk(data[at : at + 4], at, after)
        at = after
