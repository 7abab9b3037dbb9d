"""Min-max normalisation: the twin of the TypeScript kernels' `normalise`; docs/normalise.md has the rules.

PNG and npy files have the same bytes in all kernels, JPEG files the same pixels before they are encoded.
"""

import hashlib
import io
import time
import zlib
from collections.abc import Iterator
from struct import pack
from typing import Any

import numpy as np
from PIL import Image

from fanfleet.deep import deep_pixels
from fanfleet.formats import Refused, Still, read_still
from fanfleet.formats.still import must
from fanfleet.image_memory import image_bytes, must_fit
from fanfleet.kernel import Measured, bands, decode, failed_row, over_black

MAX_JPEG_SIDE = 65_500
"""libjpeg's JPEG_MAX_DIMENSION: it writes no longer side."""

_NPY_HEADER_BYTES = 128
_STRIP_PIXELS = 2**20

_Pixels = Image.Image | np.ndarray
"""RGB, or of 16 bits an array of the shape (height, width, 1 or 3)."""


def normalise(data: bytes, key: str, normalisation: dict[str, Any], most_bytes: int | None = None) -> Measured:
    """Decode, stretch and encode one image. An image that cannot be is a row with its error.

    `normalisation` is as `Normalisation` in src/kernel/normalisation.ts: format, channels, quality and, for the
    whole dataset, range. `most_bytes` is the memory that the image may take; None without a limit.
    """
    started = time.perf_counter()
    try:
        still = read_still(data)
        must_fit(image_bytes(still, len(data), normalisation["format"]), most_bytes)
        must(normalisation["format"] != "jpeg" or max(still.width, still.height) <= MAX_JPEG_SIDE, "OUTPUT_TOO_LARGE")
        pixels = deep_pixels(still) if still.deep else _rgb(decode(still), still)
    except Refused as reason:
        spent = (time.perf_counter() - started) * 1000
        return Measured(failed_row(key, reason.code), spent, 0.0, reason.detail or None)
    decoded = time.perf_counter()
    lowest, highest = _extrema(pixels)
    own = {"min": lowest, "max": highest}
    values = _values(still.deep, normalisation.get("range"))
    ranges = _ranges(_range(own, still.deep, normalisation.get("range")), normalisation["channels"])
    if normalisation["format"] == "npy":
        file = _npy(still, pixels, [_units(values, low, high) for low, high in ranges])
        output = {"sha256": hashlib.sha256(file).hexdigest()}
    else:
        levels = [_levels(values, low, high) for low, high in ranges]
        if normalisation["format"] == "png":
            file = _png(still, pixels, levels)
            output = {"sha256": hashlib.sha256(file).hexdigest()}
        else:
            stretched = _stretched(pixels, levels)
            file = _jpeg(stretched, normalisation["quality"])
            output = {"pixels_crc32": _pixels_crc32(stretched)}
    row = {
        **{"key": key, "width": still.width, "height": still.height, "channels": 3},
        **({"depth": 16} if still.deep else {}),
        **own,
        "output": output,
    }
    ended = time.perf_counter()
    return Measured(row, (decoded - started) * 1000, (ended - decoded) * 1000, None, file)


def _rgb(image: Image.Image, still: Still) -> Image.Image:
    """The whole image in RGB over black, upright as stored, the frame of a GIF or WebP at its place."""
    if image.mode == "RGB" and image.size == (still.width, still.height):
        return image
    canvas = Image.new("RGB", (still.width, still.height))
    for top, band in bands(image):
        flat = over_black(band)
        if flat.mode in ("La", "RGBa"):
            channels = (0, 0, 0) if flat.mode == "La" else (0, 1, 2)
            flat = Image.merge("RGB", [flat.getchannel(channel) for channel in channels])
        canvas.paste(flat, (still.frame_left, still.frame_top + top))
    return canvas


def _strips(pixels: _Pixels) -> Iterator[tuple[int, _Pixels]]:
    """Parts of some rows, each with its first: what is made of them is small."""
    height, width = (pixels.height, pixels.width) if isinstance(pixels, Image.Image) else pixels.shape[:2]
    rows = max(1, _STRIP_PIXELS // width)
    for top in range(0, height, rows):
        end = min(height, top + rows)
        yield top, pixels.crop((0, top, width, end)) if isinstance(pixels, Image.Image) else pixels[top:end]


def _extrema(pixels: _Pixels) -> tuple[list[int], list[int]]:
    if isinstance(pixels, Image.Image):
        lowest, highest = zip(*pixels.getextrema(), strict=True)
        return list(lowest), list(highest)
    # Along the rows first: numpy reduces short axes many times slower than long ones.
    rows, channels = pixels.reshape(len(pixels), -1), pixels.shape[2]
    lowest, highest = rows.min(axis=0), rows.max(axis=0)
    low, high = lowest.reshape(-1, channels).min(axis=0), highest.reshape(-1, channels).max(axis=0)
    return np.broadcast_to(low, 3).tolist(), np.broadcast_to(high, 3).tolist()


def _values(deep: bool, of_dataset: dict[str, Any] | None) -> np.ndarray:
    """All values of a sample, in steps of the range: 257 of 16 bits are one of 8, so that white is white."""
    if deep:
        return np.arange(65_536)
    return np.arange(256) * (257 if of_dataset and of_dataset.get("depth") == 16 else 1)


def _range(own: dict[str, list[int]], deep: bool, of_dataset: dict[str, Any] | None) -> dict[str, list[int]]:
    """The image's own range or that of the dataset, of 16 bits if the image has them."""
    if of_dataset is None:
        return own
    step = 257 if deep and of_dataset.get("depth") != 16 else 1
    return {name: [step * value for value in of_dataset[name]] for name in ("min", "max")}


def _ranges(own: dict[str, list[int]], channels: str) -> list[tuple[int, int]]:
    """What each channel is stretched from."""
    if channels == "each":
        return list(zip(own["min"], own["max"], strict=True))
    return [(min(own["min"]), max(own["max"]))] * 3


def _levels(values: np.ndarray, low: int, high: int) -> np.ndarray:
    """Round_half_even((x - low) * 255 / (high - low)) for all values x, within 0 to 255; all 0 if nothing varies."""
    if low == high:
        return np.zeros(len(values), np.uint8)
    # A double has the halves exactly, and nothing else comes near one: the quotients are at least 1/131070 apart.
    return np.rint((values - low) * 255 / (high - low)).clip(0, 255).astype(np.uint8)


def _units(values: np.ndarray, low: int, high: int) -> np.ndarray:
    """(x - low) / (high - low) for all values x as float32, within 0 to 1; all 0 if nothing varies."""
    if low == high:
        return np.zeros(len(values), "<f4")
    return ((values - low) / (high - low)).clip(0, 1).astype("<f4")


def _take(tables: list[np.ndarray], pixels: np.ndarray) -> np.ndarray:
    """Each value replaced by its channel's entry, and grey spread to three channels."""
    height, width, channels = pixels.shape
    taken = np.empty((height, width, 3), tables[0].dtype)
    for channel, table in enumerate(tables):
        taken[:, :, channel] = table.take(pixels[:, :, channel % channels])
    return taken


def _stretched(pixels: _Pixels, levels: list[np.ndarray]) -> Image.Image:
    if isinstance(pixels, Image.Image):
        return pixels.point(np.concatenate(levels).tolist())
    return Image.fromarray(_take(levels, pixels))


def _npy(still: Still, pixels: _Pixels, tables: list[np.ndarray]) -> bytearray:
    """Format version 1.0, float32 in C order; the header is padded as numpy pads it."""
    text = f"{{'descr': '<f4', 'fortran_order': False, 'shape': ({still.height}, {still.width}, 3), }}"
    header = text.encode().ljust(_NPY_HEADER_BYTES - 11) + b"\n"
    head = b"".join((b"\x93NUMPY\x01\x00", pack("<H", len(header)), header))
    file = bytearray(len(head) + 12 * still.width * still.height)
    file[: len(head)] = head
    units = np.frombuffer(file, "<f4", offset=len(head)).reshape(still.height, still.width, 3)
    for top, strip in _strips(pixels):
        values = np.asarray(strip)
        for channel, table in enumerate(tables):
            units[top : top + len(values), :, channel] = table.take(values[:, :, channel % values.shape[2]])
    return file


def _png(still: Still, pixels: _Pixels, levels: list[np.ndarray]) -> bytes:
    """8-bit RGB, filter Sub on all rows, one IDAT. Huffman coding alone leaves zlib no choice: the bytes are fixed."""
    compressor = zlib.compressobj(1, zlib.DEFLATED, 15, 8, zlib.Z_HUFFMAN_ONLY)
    data = []
    for _, strip in _strips(pixels):
        rows = np.asarray(_stretched(strip, levels)).reshape(-1, 3 * still.width)
        filtered = np.empty((len(rows), 1 + 3 * still.width), np.uint8)
        filtered[:, 0] = 1
        filtered[:, 1:4] = rows[:, :3]
        np.subtract(rows[:, 3:], rows[:, :-3], out=filtered[:, 4:])
        data.append(compressor.compress(filtered.data))
    data.append(compressor.flush())
    header = pack(">IIBBBBB", still.width, still.height, 8, 2, 0, 0, 0)
    chunks = (*_chunk(b"IHDR", header), *_chunk(b"IDAT", *data), *_chunk(b"IEND"))
    return b"".join((b"\x89PNG\r\n\x1a\n", *chunks))


def _chunk(kind: bytes, *body: bytes) -> tuple[bytes, ...]:
    checksum = zlib.crc32(kind)
    for part in body:
        checksum = zlib.crc32(part, checksum)
    return pack(">I", sum(map(len, body))), kind, *body, pack(">I", checksum)


def _pixels_crc32(image: Image.Image) -> int:
    checksum = 0
    for _, strip in _strips(image):
        checksum = zlib.crc32(strip.tobytes(), checksum)
    return checksum


def _jpeg(image: Image.Image, quality: int) -> bytes:
    """Baseline, 4:2:0, libjpeg's tables."""
    file = io.BytesIO()
    image.save(file, "JPEG", quality=quality, subsampling="4:2:0", optimize=False, progressive=False)
    return file.getvalue()
