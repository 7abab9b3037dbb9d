"""The portable kernel: Pillow decodes, its C histogram counts, and the row is exact integers.

Rows equal those of all other kernels to the byte; docs/formats.md has the policy for every kind of image.
"""

import time
from collections.abc import Iterator, Sequence
from functools import partial
from operator import add, mul
from typing import TYPE_CHECKING, Any

from PIL import (
    GifImagePlugin,
    Image,
    JpegImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

from fanfleet.decoded import Decoded
from fanfleet.formats import Refused, Still, read_still
from fanfleet.histogram import ValueCounts
from fanfleet.image_memory import image_bytes, must_fit
from fanfleet.row import Measured, failed_row, measured_row

if TYPE_CHECKING:
    from fanfleet.tensors import Tensored

# The classes, not Image.open, which looks at the content again and has a limit of its own for the size.
DECODERS = {
    "JPEG": JpegImagePlugin.JpegImageFile,
    "PNG": PngImagePlugin.PngImageFile,
    "GIF": GifImagePlugin.GifImageFile,
    "WEBP": WebPImagePlugin.WebPImageFile,
    "TIFF": TiffImagePlugin.TiffImageFile,
}

_BAND_PIXELS = 2**22

_VALUES = range(256)
_SQUARES = [value * value for value in _VALUES]


class PillowKernel:
    name = "pillow"

    def measure_all(
        self,
        images: Sequence[tuple[str, bytes]],
        operation: str,
        depth: str = "8",
        most_bytes: int | None = None,
        values: ValueCounts | None = None,
    ) -> list[Measured]:
        """As `Kernel` in kernels.py says; one after the other."""
        return [_measure(data, key, operation, depth, most_bytes, values) for key, data in images]

    def normalise(
        self, data: bytes, key: str, normalisation: dict[str, Any], most_bytes: int | None = None
    ) -> Measured:
        """As `Kernel` says."""
        # It needs numpy, which would make every other operation start later.
        from fanfleet.pillow_normalise import normalise

        return normalise(data, key, normalisation, most_bytes)

    def pixels(self, data: bytes, key: str, most_bytes: int | None = None, into: Any = None) -> Decoded:
        """As `Kernel` says."""
        from fanfleet.pillow_pixels import pixels

        return pixels(data, key, most_bytes, into)

    def tensor(
        self, data: bytes, key: str, recipe: dict[str, Any], most_bytes: int | None = None, into: Any = None
    ) -> "Tensored":
        """As `Kernel` says."""
        from fanfleet.pillow_tensors import tensor

        return tensor(data, key, recipe, most_bytes, into)

    def tensors(
        self,
        images: Sequence[tuple[str, bytes]],
        recipe: dict[str, Any],
        into: Any,
        most_bytes: int | None = None,
    ) -> "list[Tensored]":
        """As `Kernel` says."""
        from fanfleet.pillow_tensors import tensors

        return tensors(images, recipe, into, most_bytes)


def _measure(
    data: bytes, key: str, operation: str, depth: str, most_bytes: int | None, values: ValueCounts | None
) -> Measured:
    started = time.perf_counter()
    try:
        still = read_still(data)
        must_fit(image_bytes(still, len(data)), most_bytes)
    except Refused as reason:
        return Measured(failed_row(key, reason.code), _since(started), 0.0, reason.detail or None)
    return measure_still(still, key, operation, depth, values, started)


def measure_still(
    still: Still, key: str, operation: str, depth: str, values: ValueCounts | None, started: float
) -> Measured:
    """Measure an image whose header has been read; `started` is when that began, by `time.perf_counter`."""
    try:
        pixels = _pixels(still, depth)
    except Refused as reason:
        return Measured(failed_row(key, reason.code), _since(started), 0.0, reason.detail or None)
    decoded = time.perf_counter()
    is_deep = not isinstance(pixels, Image.Image)
    if is_deep:
        from fanfleet.deep import deep_counts, deep_statistic

        counts = deep_counts(pixels)
        row = measured_row(key, still, partial(deep_statistic, counts), operation, is_deep=True)
    else:
        counts = _histograms(pixels, still)
        row = measured_row(key, still, partial(_statistic, counts), operation)
    if values is not None:
        values.add(counts, is_deep=is_deep)
    times = ((decoded - started) * 1000, _since(decoded))
    return Measured(row, *times, dropped_bits=still.deep and not is_deep)


def _since(started: float) -> float:
    return (time.perf_counter() - started) * 1000


def _pixels(still: Still, depth: str) -> Any:
    """An image of 8 bits, or an array of all 16 where these are asked for. numpy is imported only then."""
    if not still.deep or depth == "8":
        return decode(still)
    from fanfleet.deep import deep_pixels

    return deep_pixels(still)


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
