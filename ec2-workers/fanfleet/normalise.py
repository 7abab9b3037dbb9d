"""Min-max normalisation: the twin of the TypeScript kernels' `normalise`; docs/normalise.md has the rules.

PNG and npy files have the same bytes in all kernels, JPEG files the same pixels before they are encoded.
"""

import hashlib
import io
import time
import zlib
from struct import pack
from typing import Any

import numpy as np
from PIL import Image

from fanfleet.deep import deep_pixels
from fanfleet.formats import Refused, Still, read_still
from fanfleet.formats.still import must
from fanfleet.kernel import Measured, decode, failed_row, over_black

MAX_JPEG_SIDE = 65_500
"""libjpeg's JPEG_MAX_DIMENSION: it writes no longer side."""

_NPY_HEADER_BYTES = 128


def normalise(data: bytes, key: str, normalisation: dict[str, Any]) -> Measured:
    """Decode, stretch and encode one image. An image that cannot be is a row with its error.

    `normalisation` is as `Normalisation` in src/kernel/normalisation.ts: format, channels, quality and, for the
    whole dataset, range.
    """
    started = time.perf_counter()
    try:
        still = read_still(data)
        must(normalisation["format"] != "jpeg" or max(still.width, still.height) <= MAX_JPEG_SIDE, "OUTPUT_TOO_LARGE")
        image = None if still.deep else _rgb(decode(still), still)
        pixels = _pixels(image) if image else deep_pixels(still)
    except Refused as reason:
        spent = (time.perf_counter() - started) * 1000
        return Measured(failed_row(key, reason.code), spent, 0.0, reason.detail or None)
    decoded = time.perf_counter()
    lowest, highest = _extrema(pixels)
    own = {"min": lowest, "max": highest}
    values = _values(still.deep, normalisation.get("range"))
    ranges = _ranges(_range(own, still.deep, normalisation.get("range")), normalisation["channels"])
    if normalisation["format"] == "npy":
        file = _npy(pixels, [_units(values, low, high) for low, high in ranges])
        output = {"sha256": hashlib.sha256(file).hexdigest()}
    else:
        levels = [_levels(values, low, high) for low, high in ranges]
        stretched = image.point(np.concatenate(levels).tolist()) if image else Image.fromarray(_take(levels, pixels))
        if normalisation["format"] == "png":
            file = _png(_pixels(stretched))
            output = {"sha256": hashlib.sha256(file).hexdigest()}
        else:
            file = _jpeg(stretched, normalisation["quality"])
            output = {"pixels_crc32": zlib.crc32(stretched.tobytes())}
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
    flat = over_black(image)
    if flat.mode in ("L", "RGB"):
        rgb = flat.convert("RGB")
    else:
        rgb = Image.merge("RGB", [flat.getchannel(band) for band in ((0, 0, 0) if flat.mode == "La" else (0, 1, 2))])
    if rgb.size == (still.width, still.height):
        return rgb
    canvas = Image.new("RGB", (still.width, still.height))
    canvas.paste(rgb, (still.frame_left, still.frame_top))
    return canvas


def _pixels(image: Image.Image) -> np.ndarray:
    """uint8 of the shape (height, width, 3)."""
    return np.frombuffer(image.tobytes(), np.uint8).reshape(image.height, image.width, 3)


def _extrema(pixels: np.ndarray) -> tuple[list[int], list[int]]:
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


def _npy(pixels: np.ndarray, tables: list[np.ndarray]) -> bytes:
    """Format version 1.0, float32 in C order; the header is padded as numpy pads it."""
    height, width, _ = pixels.shape
    text = f"{{'descr': '<f4', 'fortran_order': False, 'shape': ({height}, {width}, 3), }}"
    header = text.encode().ljust(_NPY_HEADER_BYTES - 11) + b"\n"
    units = _take(tables, pixels)
    return b"".join((b"\x93NUMPY\x01\x00", pack("<H", len(header)), header, units.data))


def _png(pixels: np.ndarray) -> bytes:
    """8-bit RGB, filter Sub on all rows, one IDAT. Huffman coding alone leaves zlib no choice: the bytes are fixed."""
    height, width, _ = pixels.shape
    rows = pixels.reshape(height, 3 * width)
    filtered = np.empty((height, 1 + 3 * width), np.uint8)
    filtered[:, 0] = 1
    filtered[:, 1:4] = rows[:, :3]
    np.subtract(rows[:, 3:], rows[:, :-3], out=filtered[:, 4:])
    compressor = zlib.compressobj(1, zlib.DEFLATED, 15, 8, zlib.Z_HUFFMAN_ONLY)
    header = pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = compressor.compress(filtered.data) + compressor.flush()
    chunks = (_chunk(b"IHDR", header), _chunk(b"IDAT", data), _chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return pack(">I", len(data)) + kind + data + pack(">I", zlib.crc32(data, zlib.crc32(kind)))


def _jpeg(image: Image.Image, quality: int) -> bytes:
    """Baseline, 4:2:0, libjpeg's tables."""
    file = io.BytesIO()
    image.save(file, "JPEG", quality=quality, subsampling="4:2:0", optimize=False, progressive=False)
    return file.getvalue()
