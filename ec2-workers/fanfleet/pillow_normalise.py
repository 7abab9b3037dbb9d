"""Min-max normalisation by Pillow and numpy; docs/normalise.md has the rules.

PNG and npy files have the same bytes in all kernels, JPEG files the same pixels before they are encoded.
"""

import hashlib
import io
import time
import zlib
from collections.abc import Iterator
from typing import Any

import numpy as np
from PIL import Image

from fanfleet.deep import deep_pixels
from fanfleet.formats import Refused, Still, read_still
from fanfleet.image_memory import image_bytes, must_fit
from fanfleet.normalised_file import must_be_writable
from fanfleet.npy import npy_header
from fanfleet.pillow_kernel import bands, decode, over_black
from fanfleet.rgb_png import FILTER_SUB, PngWriter
from fanfleet.row import Measured, failed_row, normalised_row

_STRIP_PIXELS = 2**20

_Pixels = Image.Image | np.ndarray
"""RGB, or of 16 bits an array of the shape (height, width, 1 or 3)."""


def normalise(data: bytes, key: str, normalisation: dict[str, Any], most_bytes: int | None = None) -> Measured:
    """As `Kernel` in kernels.py says."""
    started = time.perf_counter()
    try:
        still = read_still(data)
        must_fit(image_bytes(still, len(data), normalisation["format"]), most_bytes)
        must_be_writable(still, normalisation["format"])
    except Refused as reason:
        return _failed(key, reason, started)
    return normalise_still(still, key, normalisation, started)


def normalise_still(still: Still, key: str, normalisation: dict[str, Any], started: float) -> Measured:
    """Normalise an image whose header has been read; `started` is when that began, by `time.perf_counter`."""
    try:
        pixels = deep_pixels(still) if still.deep else _rgb(decode(still), still)
    except Refused as reason:
        return _failed(key, reason, started)
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
    row = normalised_row(key, still, own, output)
    ended = time.perf_counter()
    return Measured(row, (decoded - started) * 1000, (ended - decoded) * 1000, file=file)


def _failed(key: str, reason: Refused, started: float) -> Measured:
    spent = (time.perf_counter() - started) * 1000
    return Measured(failed_row(key, reason.code), spent, 0.0, reason.detail or None)


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
    head = npy_header(still.width, still.height)
    file = bytearray(len(head) + 12 * still.width * still.height)
    file[: len(head)] = head
    units = np.frombuffer(file, "<f4", offset=len(head)).reshape(still.height, still.width, 3)
    for top, strip in _strips(pixels):
        values = np.asarray(strip)
        for channel, table in enumerate(tables):
            units[top : top + len(values), :, channel] = table.take(values[:, :, channel % values.shape[2]])
    return file


def _png(still: Still, pixels: _Pixels, levels: list[np.ndarray]) -> bytes:
    writer = PngWriter(still.width, still.height)
    for _, strip in _strips(pixels):
        rows = np.asarray(_stretched(strip, levels)).reshape(-1, 3 * still.width)
        filtered = np.empty((len(rows), 1 + 3 * still.width), np.uint8)
        filtered[:, 0] = FILTER_SUB
        filtered[:, 1:4] = rows[:, :3]
        np.subtract(rows[:, 3:], rows[:, :-3], out=filtered[:, 4:])
        writer.write(filtered.data)
    return writer.end()


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
