"""Directories of a TIFF (TIFF 6.0): the twin of src/kernel/formats/tiff-directory.ts, which says why."""

from struct import pack, unpack_from

from fanfleet.formats.still import MAX_SIDE, must

_INTEGERS = {1: "B", 3: "H", 4: "I"}
_SIZES = {1: 1, 3: 2, 4: 4}


def find_whole_image(data: bytes, order: str) -> int:
    must(unpack_from(order + "H", data, 2)[0] == 42, "UNSUPPORTED_VARIANT")
    first = unpack_from(order + "I", data, 4)[0]
    below: list[int] = []
    unread = len(data)

    def is_whole(start: int) -> bool:
        nonlocal unread
        entries = unpack_from(order + "H", data, start)[0]
        unread -= 6 + 12 * entries
        must(unread >= 0)
        whole = True
        for at in range(start + 2, start + 2 + 12 * entries, 12):
            tag, kind, count = unpack_from(order + "HHI", data, at)
            value = unpack_from(order + ("H" if kind == 3 else "I"), data, at + 8)[0]
            if (tag == 254 and value & 5) or (tag == 255 and value == 2):
                whole = False
            elif tag == 330 and count > 0:
                unread -= 4 * count
                must(unread >= 0)
                below.extend((value,) if count == 1 else unpack_from(f"{order}{count}I", data, value))
        return whole

    start = first
    while start != 0:
        if is_whole(start):
            return start
        start = unpack_from(order + "I", data, start + 2 + 12 * unpack_from(order + "H", data, start)[0])[0]
    return next(filter(is_whole, tuple(below)), first)


def read_directory(data: bytes, order: str, start: int, wanted: frozenset[int]) -> dict[int, tuple[int, ...]]:
    tags: dict[int, tuple[int, ...]] = {}
    for entry in range(unpack_from(order + "H", data, start)[0]):
        at = start + 2 + 12 * entry
        tag = unpack_from(order + "H", data, at)[0]
        if tag not in wanted:
            continue
        kind, count = unpack_from(order + "HI", data, at + 2)
        must(kind in _INTEGERS and 0 < count <= MAX_SIDE and tag not in tags)
        size = _SIZES[kind] * count
        place = at + 8 if size <= 4 else unpack_from(order + "I", data, at + 8)[0]
        must(place + size <= len(data))
        tags[tag] = unpack_from(f"{order}{count}{_INTEGERS[kind]}", data, place)
    return tags


def write_directory(offset: int, order: str, entries: tuple[tuple[int, str, tuple[int, ...]], ...]) -> bytes:
    entries = tuple(entry for entry in entries if entry[2])
    behind = offset + 2 + 12 * len(entries) + 4
    listed, values_behind = [], []
    for tag, kind, values in entries:
        packed = pack(f"{order}{len(values)}{kind}", *values)
        if len(packed) > 4:
            values_behind.append(packed)
            packed, behind = pack(order + "I", behind), behind + len(packed)
        listed.append(pack(order + "HHI", tag, 3 if kind == "H" else 4, len(values)) + packed.ljust(4, b"\0"))
    return b"".join((pack(order + "H", len(entries)), *listed, bytes(4), *values_behind))
