"""The first directory of a TIFF (TIFF 6.0): the twin of src/kernel/formats/tiff.ts, which says why."""

from struct import pack, unpack_from

from fanfleet.formats.still import MAX_SIDE, Refused, Still, check_size, must

_INTEGERS = {1: "B", 3: "H", 4: "I"}
_SIZES = {1: 1, 3: 2, 4: 4}
_TAGS = frozenset((256, 257, 258, 259, 262, 266, 273, 277, 278, 279, 284, 317, 320, 322, 338, 339))


def read_tiff(data: bytes) -> Still:
    order = "<" if data[0] == 0x49 else ">"
    tags = _read_directory(data, order)

    def one(tag: int, otherwise: int | None = None) -> int:
        values = tags.get(tag)
        value = values[0] if values else otherwise
        if value is None:
            raise Refused("DECODE_FAILED")
        return value

    width, height = one(256), one(257)
    samples = one(277, 1)
    bits = tags.get(258, (1,))
    depth = bits[0]
    photometric = one(262)
    must(photometric in (0, 1, 2, 3), "UNSUPPORTED_COLOUR")
    must(depth in (1, 2, 4, 8, 16) and set(bits) == {depth}, "UNSUPPORTED_COLOUR")
    must(set(tags.get(339, (1,))) == {1}, "UNSUPPORTED_COLOUR")
    check_size(width, height)

    extra = tags.get(338, ())
    colour_map = tags.get(320, ())
    must(samples == (3 if photometric == 2 else 1) + len(extra), "UNSUPPORTED_VARIANT")
    must(extra in ((), (2,)), "UNSUPPORTED_VARIANT")
    must(_has_known_depth(photometric, depth, bool(extra)), "UNSUPPORTED_VARIANT")
    must(photometric != 3 or len(colour_map) == 3 << depth, "UNSUPPORTED_VARIANT")
    must(photometric != 3 or max(colour_map) > 255, "UNSUPPORTED_VARIANT")

    compression = one(259, 1)
    predictor = one(317, 1)
    dictionary = compression in (5, 8, 32_946)
    must(dictionary or compression in (1, 32_773), "UNSUPPORTED_VARIANT")
    must(predictor == 1 or (predictor == 2 and dictionary and depth >= 8), "UNSUPPORTED_VARIANT")
    must(one(266, 1) == 1 and 322 not in tags, "UNSUPPORTED_VARIANT")
    must(samples == 1 or one(284, 1) == 1, "UNSUPPORTED_VARIANT")

    rows_per_strip = min(one(278, height), height)
    offsets = tags.get(273, ())
    counts = tags.get(279, ())
    must(rows_per_strip > 0 and len(offsets) == -(-height // rows_per_strip))
    must(len(counts) == len(offsets))
    row_bytes = (width * samples * depth + 7) // 8
    for strip, (offset, count) in enumerate(zip(offsets, counts, strict=True)):
        must(count > 0 and offset + count <= len(data))
        rows = min(rows_per_strip, height - strip * rows_per_strip)
        must(compression != 1 or count == rows * row_bytes)

    directory = _write_directory(len(data), order, (
        (256, "I", (width,)),
        (257, "I", (height,)),
        (258, "H", (depth,) * samples),
        (259, "H", (compression,)),
        (262, "H", (photometric,)),
        (273, "I", offsets),
        (277, "H", (samples,)),
        (278, "I", (rows_per_strip,)),
        (279, "I", counts),
        (317, "H", () if predictor == 1 else (predictor,)),
        (320, "H", colour_map if photometric == 3 else ()),
        (338, "H", extra),
    ))  # fmt: skip
    file = data[:4] + pack(order + "I", len(data)) + data[8:] + directory
    return Still("TIFF", width, height, width, height, file)


def _has_known_depth(photometric: int, depth: int, alpha: bool) -> bool:
    if photometric == 2:
        return depth >= 8
    if alpha:
        return photometric == 1 and depth == 8
    return photometric == 1 or depth <= 8


def _read_directory(data: bytes, order: str) -> dict[int, tuple[int, ...]]:
    must(unpack_from(order + "H", data, 2)[0] == 42, "UNSUPPORTED_VARIANT")
    start = unpack_from(order + "I", data, 4)[0]
    tags: dict[int, tuple[int, ...]] = {}
    for entry in range(unpack_from(order + "H", data, start)[0]):
        at = start + 2 + 12 * entry
        tag = unpack_from(order + "H", data, at)[0]
        if tag not in _TAGS:
            continue
        kind, count = unpack_from(order + "HI", data, at + 2)
        must(kind in _INTEGERS and 0 < count <= MAX_SIDE and tag not in tags)
        size = _SIZES[kind] * count
        place = at + 8 if size <= 4 else unpack_from(order + "I", data, at + 8)[0]
        must(place + size <= len(data))
        tags[tag] = unpack_from(f"{order}{count}{_INTEGERS[kind]}", data, place)
    return tags


def _write_directory(offset: int, order: str, entries: tuple[tuple[int, str, tuple[int, ...]], ...]) -> bytes:
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
