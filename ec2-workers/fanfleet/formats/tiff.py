"""The first whole image of a TIFF (TIFF 6.0): the twin of src/kernel/formats/tiff.ts, which says why."""

from struct import pack

from fanfleet.formats.still import Refused, Still, check_size, must
from fanfleet.formats.tiff_directory import find_whole_image, read_directory, write_directory

_TAGS = frozenset((256, 257, 258, 259, 262, 266, 273, 277, 278, 279, 284, 317, 320, 322, 338, 339))


def read_tiff(data: bytes) -> Still:
    order = "<" if data[0] == 0x49 else ">"
    tags = read_directory(data, order, find_whole_image(data, order), _TAGS)

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
    must(set(tags.get(339, (1,))) <= {1, 4}, "UNSUPPORTED_COLOUR")
    check_size(width, height)

    colours = 3 if photometric == 2 else 1
    extra = tags.get(338, ())
    must(samples >= colours and len(extra) <= samples - colours)
    must(samples <= colours + 1 and (not extra or extra[0] <= 2), "UNSUPPORTED_VARIANT")
    has_extra = samples > colours
    must(_has_known_depth(photometric, depth, has_extra), "UNSUPPORTED_VARIANT")
    colour_map = tags.get(320, ())
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
    must(len(counts) == len(offsets) or (not counts and compression == 1))
    row_bytes = (width * samples * depth + 7) // 8
    lengths = []
    for strip, offset in enumerate(offsets):
        needed = row_bytes * min(rows_per_strip, height - strip * rows_per_strip)
        count = counts[strip] if counts else needed
        must(count > 0 and offset + count <= len(data))
        must(compression != 1 or count >= needed)
        lengths.append(needed if compression == 1 else count)

    expanded = 26 if depth == 16 else 9 if has_extra else 5
    per_pixel = expanded + -(-rows_per_strip * row_bytes // (width * height))
    directory = write_directory(len(data), order, (
        (256, "I", (width,)),
        (257, "I", (height,)),
        (258, "H", (depth,) * samples),
        (259, "H", (compression,)),
        (262, "H", (photometric,)),
        (273, "I", offsets),
        (277, "H", (samples,)),
        (278, "I", (rows_per_strip,)),
        (279, "I", tuple(lengths)),
        (317, "H", () if predictor == 1 else (predictor,)),
        (320, "H", colour_map if photometric == 3 else ()),
        (338, "H", (2,) if has_extra else ()),
    ))  # fmt: skip
    file = data[:4] + pack(order + "I", len(data)) + data[8:] + directory
    drop_alpha = has_extra and extra != (2,)
    return Still(
        "TIFF", width, height, width, height, file, drop_alpha=drop_alpha, deep=depth == 16, per_pixel=per_pixel
    )


def _has_known_depth(photometric: int, depth: int, has_extra: bool) -> bool:
    if photometric == 2:
        return depth >= 8
    if has_extra:
        return photometric == 1 and depth == 8
    return photometric == 1 or depth <= 8
