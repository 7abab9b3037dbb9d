"""The Python kernel: Pillow decodes, its C histogram counts, and the row is exact integers.

Rows equal those of the TypeScript kernel to the byte; docs/formats.md has the policy for every kind of image.
"""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from operator import add, mul
from typing import Any

from PIL import (
    GifImagePlugin,
    Image,
    JpegImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

from fanfleet.formats import Refused, Still, read_still
from fanfleet.image_memory import image_bytes, must_fit

# The classes, not Image.open, which looks at the content again and has a limit of its own for the size.
DECODERS = {
    "JPEG": JpegImagePlugin.JpegImageFile,
    "PNG": PngImagePlugin.PngImageFile,
    "GIF": GifImagePlugin.GifImageFile,
    "WEBP": WebPImagePlugin.WebPImageFile,
    "TIFF": TiffImagePlugin.TiffImageFile,
}

IMAGE_ERRORS = {
    "EMPTY_OBJECT": "the object has 0 bytes",
    "NOT_AN_IMAGE": "the content is not JPEG, PNG, GIF, WebP or TIFF",
    "DECODE_FAILED": "the image is truncated or damaged",
    "TOO_MANY_PIXELS": "no damage was found, but the image has more than 134217728 pixels: scale it down or cut it up",
    "UNSUPPORTED_COLOUR": (
        "no damage was found, but the colours are not grey, RGB or palette of 1 to 16 bits: "
        "convert it, e.g. to 8-bit RGB PNG"
    ),
    "UNSUPPORTED_VARIANT": (
        "no damage was found, but this variant of the format is not supported: convert it, e.g. to 8-bit RGB PNG"
    ),
    "OBJECT_MISSING": "the object was deleted after the manifest was planned",
    "OBJECT_CHANGED": "the object was changed after the manifest was planned",
    "NAME_NOT_UTF8": "the name of the file is not UTF-8, so it cannot be a key: rename the file",
    "SHARD_DAMAGED": "the tar is damaged or cut off, and no file behind the damage was read: write it again",
    "SHARD_COMPRESSED": "the tar is compressed, and no file in it was read: unpack it to a tar without compression",
    "SHARD_MEMBER_SPARSE": (
        "the file is stored sparse in its tar: write the tar without --sparse, with bsdtar by --no-read-sparse"
    ),
    "SHARD_LINK_BROKEN": "the hard link leads to no file before it in its tar: write the tar with --hard-dereference",
    "OBJECT_ARCHIVED": "the object is archived: restore it, or leave it out",
    "OBJECT_DENIED": "reading the object was denied: allow s3:GetObject on it,"
    " and kms:Decrypt with the key of its encryption",
    "OBJECT_ENCRYPTED": "the object is encrypted with a key that its owner keeps (SSE-C):"
    " copy it with SSE-S3 or SSE-KMS",
    "OBJECT_KEY_UNUSABLE": "the KMS key of the object is disabled, deleted or not usable: enable it, or leave it out",
    "OBJECT_UNREADABLE": "S3 gave no sound answer for the object however often it was asked:"
    " upload it again, or leave it out",
    "TOO_MUCH_MEMORY": "the image takes more memory than there is for one:"
    " give functions more memory, the fleet a larger instance type, or take a larger machine",
    "OUTPUT_KEY_TOO_LONG": "the key has more than 900 bytes, which leaves too little for that of the normalised image",
    "OUTPUT_TOO_LARGE": "a side of the image is longer than 65500 pixels, the most of a JPEG: write PNG or npy",
}
"""Codes and messages of src/kernel/row.ts."""

OPERATION_STATISTICS = {
    "mean": ("sum", "mean_e6"),
    "max": ("max",),
    "min": ("min",),
    "minmax": ("min", "max"),
    "stats": ("sum", "sumSq", "min", "max", "mean_e6"),
    "histogram": ("sum", "sumSq", "min", "max", "mean_e6"),
}

_BAND_PIXELS = 2**22

_VALUES = range(256)
_SQUARES = [value * value for value in _VALUES]


@dataclass(frozen=True, slots=True)
class Measured:
    """What became of one image; `detail` is the decoder's own message, for logs and never part of a row."""

    row: dict[str, Any]
    decode_ms: float
    compute_ms: float
    detail: str | None = None
    file: bytes | bytearray | None = None
    """The normalised image, where that is what was asked for."""
    counts: Any = None
    """Pixels per value, of grey alone or of R, G and B; only of the operation `histogram`.

    Three lists of 256, or where the row has a depth of 16 bits an array of the shape (1 or 3, 65536).
    """
    dropped_bits: bool = False
    """Whether it has 16 bits a sample, of which the row knows the high 8."""


def measure(data: bytes, key: str, operation: str, depth: str = "8", most_bytes: int | None = None) -> Measured:
    """Decode and measure one image. An image that cannot be measured is a row with its error.

    `depth` is one of `DEPTHS` in src/kernel/depth.ts, `most_bytes` the memory that it may take: None without a limit.
    """
    started = time.perf_counter()
    try:
        still = read_still(data)
        must_fit(image_bytes(still, len(data)), most_bytes)
        pixels = _pixels(still, depth)
    except Refused as reason:
        spent = (time.perf_counter() - started) * 1000
        return Measured(failed_row(key, reason.code), spent, 0.0, reason.detail or None)
    decoded = time.perf_counter()
    is_deep = not isinstance(pixels, Image.Image)
    if is_deep:
        from fanfleet.deep import deep_counts, deep_statistic

        counts = deep_counts(pixels)
        row = _row(key, still, partial(deep_statistic, counts), operation, is_deep=True)
    else:
        counts = _histograms(pixels, still)
        row = _row(key, still, partial(_statistic, counts), operation)
    ended = time.perf_counter()
    return Measured(
        row,
        (decoded - started) * 1000,
        (ended - decoded) * 1000,
        counts=counts if operation == "histogram" else None,
        dropped_bits=still.deep and not is_deep,
    )


def _pixels(still: Still, depth: str) -> Any:
    """An image of 8 bits, or an array of all 16 where these are asked for. numpy is imported only then."""
    if not still.deep or depth == "8":
        return decode(still)
    from fanfleet.deep import deep_pixels

    return deep_pixels(still)


def failed_row(key: str, code: str) -> dict[str, Any]:
    return {"key": key, "error": {"code": code, "message": IMAGE_ERRORS[code]}}


def serialize_row(row: dict[str, Any]) -> str:
    """The one text form of a row, the same as `serializeRow` in TypeScript."""
    return json.dumps(row, ensure_ascii=False, separators=(",", ":"))


def decode(still: Still) -> Image.Image:
    """Pixels in one of the modes L, LA, RGB and RGBA, 8 bits a channel."""
    try:
        image = DECODERS[still.format](still.open())
        image.load()
        decoded = _to_8_bits(image, still)
        if still.drop_alpha:
            decoded = decoded.convert({"LA": "L", "RGBA": "RGB"}[decoded.mode])
    except (MemoryError, Refused):
        raise
    except Exception as reason:  # Pillow's readers raise almost anything at damaged files.
        raise Refused("DECODE_FAILED", f"{type(reason).__name__}: {reason}") from reason
    # Pillow turns a TIFF as its orientation says; the statistics do not change by that.
    if sorted(decoded.size) != sorted((still.frame_width, still.frame_height)):
        raise Refused("DECODE_FAILED", f"decoded {decoded.size}, which the header does not have")
    return decoded


def _to_8_bits(image: Image.Image, still: Still) -> Image.Image:
    clear = image.info.pop("transparency", None)
    if still.deep and clear is not None:
        from fanfleet.deep import high_bytes

        return high_bytes(still)
    if image.mode.startswith("I;16"):
        return _high_bytes(image)
    if image.mode in ("1", "L"):
        grey = image.convert("L") if image.mode == "1" else image
        return grey if clear is None else _with_clear_grey(image, grey, clear, still)
    if image.mode == "RGB" and clear is not None:
        return _convert_with(image, clear)
    if image.mode == "P":
        return image.convert("RGB") if clear is None else _convert_with(image, clear)
    if image.mode in ("LA", "RGB", "RGBA"):
        return image
    raise ValueError(f"mode {image.mode}")


def _convert_with(image: Image.Image, clear: Any) -> Image.Image:
    image.info["transparency"] = clear
    return image.convert("RGBA")


def _with_clear_grey(image: Image.Image, grey: Image.Image, clear: int, still: Still) -> Image.Image:
    """Pillow compares the clear value of a PNG of 2 or 4 bits without scaling it, so it is done here."""
    depth = still.data[24] if still.format == "PNG" and image.mode == "L" else 8
    value = clear * 255 // ((1 << depth) - 1)
    return Image.merge("LA", (grey, grey.point([0 if level == value else 255 for level in _VALUES])))


def _high_bytes(image: Image.Image) -> Image.Image:
    data = image.tobytes()
    return Image.frombytes("L", image.size, data[0::2] if image.mode == "I;16B" else data[1::2])


def bands(image: Image.Image) -> Iterator[tuple[int, Image.Image]]:
    """The parts of a large image, each with the row where it begins: what is made of them is small."""
    rows = max(1, _BAND_PIXELS // image.width)
    if rows >= image.height or image.mode in ("L", "RGB"):
        yield 0, image
        return
    for top in range(0, image.height, rows):
        yield top, image.crop((0, top, image.width, min(image.height, top + rows)))


def over_black(image: Image.Image) -> Image.Image:
    """In one of the modes L, La, RGB and RGBa, whose colours are those over black."""
    # Pillow's premultiplied modes hold c * a / 255 rounded to the nearest, which is (2 * c * a + 255) // 510.
    # (Its ImageChops.multiply cuts off instead.)
    black = {"LA": "La", "RGBA": "RGBa"}.get(image.mode)
    return image if black is None else image.convert(black)


def _histograms(image: Image.Image, still: Still) -> list[list[int]]:
    """Pixels per value over black: of grey alone, or of R, G and B."""
    flat: list[int] = []
    for _, band in bands(image):
        counted = over_black(band).histogram()
        flat = list(map(add, flat, counted)) if flat else counted
    colours = 1 if image.mode in ("L", "LA") else 3
    counts = [flat[256 * channel : 256 * (channel + 1)] for channel in range(colours)]
    outside = still.width * still.height - still.frame_width * still.frame_height
    for count in counts:
        count[0] += outside
    return counts


def _statistic(counts: list[list[int]], name: str) -> list[int]:
    if name == "sum":
        return [sum(map(mul, count, _VALUES)) for count in counts]
    if name == "sumSq":
        return [sum(map(mul, count, _SQUARES)) for count in counts]
    if name == "min":
        return [next(value for value in _VALUES if count[value]) for count in counts]
    return [next(value for value in reversed(_VALUES) if count[value]) for count in counts]


def _row(
    key: str, still: Still, find: Callable[[str], list[int]], operation: str, *, is_deep: bool = False
) -> dict[str, Any]:
    """`find` gives the sum, sumSq, min or max of grey, or of R, G and B."""
    row: dict[str, Any] = {"key": key, "width": still.width, "height": still.height, "channels": 3}
    if is_deep:
        row["depth"] = 16
    pixels = still.width * still.height
    sums = find("sum")
    for statistic in OPERATION_STATISTICS[operation]:
        if statistic == "mean_e6":
            values = [(2_000_000 * total + pixels) // (2 * pixels) for total in sums]
        else:
            values = sums if statistic == "sum" else find(statistic)
        row[statistic] = values * 3 if len(values) == 1 else values
    return row
