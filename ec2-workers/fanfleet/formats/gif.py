"""The first frame of a GIF (GIF89a): the twin of src/kernel/formats/gif.ts, which says why."""

from struct import pack, unpack_from

from fanfleet.formats.still import Still, check_size, must, u16le

_GIF_BYTES = 9


def read_gif(data: bytes) -> Still:
    table = _colour_table(data, data[10], 13)
    at = 13 + len(table)
    transparent = None
    while data[at] != 0x2C:
        must(data[at] == 0x21)
        if data[at + 1] == 0xF9:
            must(data[at + 2] == 4)
            flags, index = data[at + 3], data[at + 6]
            transparent = index if flags & 1 else None
        at = _skip_blocks(data, at + 2)
    left, top, frame_width, frame_height, flags = unpack_from("<HHHHB", data, at + 1)
    must(frame_width > 0 and frame_height > 0)
    width = max(u16le(data, 6), left + frame_width)
    height = max(u16le(data, 8), top + frame_height)
    check_size(width, height)
    local = _colour_table(data, flags, at + 10)
    table = local or table
    must(len(table) > 0, "UNSUPPORTED_VARIANT")
    codes = at + 10 + len(local)
    must(2 <= data[codes] <= 8)
    end = _skip_blocks(data, codes + 1)
    file = b"".join((
        b"GIF89a",
        pack("<HHBBB", frame_width, frame_height, 0xF7, 0, 0),
        table.ljust(768, b"\0"),
        bytes((0x21, 0xF9, 4, transparent is not None, 0, 0, transparent or 0, 0)),
        pack("<BHHHHB", 0x2C, 0, 0, frame_width, frame_height, flags & 0x40),
        data[codes:end],
        b";",
    ))  # fmt: skip
    return Still("GIF", width, height, frame_width, frame_height, file, _GIF_BYTES, left, top)


def _colour_table(data: bytes, flags: int, at: int) -> bytes:
    if not flags & 0x80:
        return b""
    end = at + (6 << (flags & 7))
    must(end <= len(data))
    return data[at:end]


def _skip_blocks(data: bytes, at: int) -> int:
    while data[at] > 0:
        at += 1 + data[at]
    return at + 1
