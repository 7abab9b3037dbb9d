"""The size and first frame of a WebP (RFC 9649): the twin of src/kernel/formats/webp.ts, which says why."""

from collections.abc import Iterator
from struct import pack, unpack_from

from fanfleet.formats.still import Refused, Still, check_size, must, u24le, u32le


def read_webp(data: bytes) -> Still:
    end = 8 + u32le(data, 4)
    must(end <= len(data))
    kind = data[12:16]
    if kind == b"VP8X":
        width, height = 1 + u24le(data, 24), 1 + u24le(data, 27)
        check_size(width, height)
        if data[20] & 0x02:
            return _first_frame(data, end, width, height)
    elif kind == b"VP8 ":
        width, height = (side & 0x3FFF for side in unpack_from("<HH", data, 26))
        check_size(width, height)
    else:
        must(kind == b"VP8L")
        bits = u32le(data, 21)
        width, height = 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
        check_size(width, height)
    return Still("WEBP", width, height, width, height, data[:end])


def _first_frame(data: bytes, end: int, width: int, height: int) -> Still:
    for kind, at, after in _chunks(data, 12, end):
        if kind != b"ANMF":
            continue
        frame_width, frame_height = 1 + u24le(data, at + 14), 1 + u24le(data, at + 17)
        left, top = 2 * u24le(data, at + 8), 2 * u24le(data, at + 11)
        must(left + frame_width <= width)
        must(top + frame_height <= height)
        parts = []
        for part, start, stop in _chunks(data, at + 24, after):
            if part == b"ALPH":
                header = b"VP8X" + pack("<II", 10, 0x10) + data[at + 14 : at + 20]
                parts += (header, data[start:stop])
            elif part in (b"VP8 ", b"VP8L"):
                parts.append(data[start:stop])
                body = b"WEBP" + b"".join(parts)
                file = b"RIFF" + pack("<I", len(body)) + body
                return Still("WEBP", width, height, frame_width, frame_height, file, left, top)
        break
    raise Refused("DECODE_FAILED")


def _chunks(data: bytes, at: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    while at + 8 <= end:
        length = u32le(data, at + 4)
        after = at + 8 + length + (length & 1)
        must(after <= end)
        yield data[at : at + 4], at, after
        at = after
