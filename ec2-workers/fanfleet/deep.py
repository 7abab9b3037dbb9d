"""Pixels of 16 bits a sample: the twin of src/kernel/deep.ts; docs/formats.md has the rules.

It needs numpy, which would make a process start later: it is imported where such an image is met.
"""

import numpy as np
from PIL import Image

from fanfleet.formats import Refused, Still
from fanfleet.pillow_kernel import DECODERS

MAXIMUM = 65_535
"""The largest sample of 16 bits."""

_VALUES = np.arange(MAXIMUM + 1)
_BLOCK = 1 << 20
"""Samples that are worked on at once, in 8 bytes each."""


def deep_pixels(still: Still) -> np.ndarray:
    """Grey or RGB over black, uint16 of the shape (height, width, 1 or 3). Raises Refused."""
    try:
        samples = _samples(still)
    except MemoryError:
        raise
    except Exception as reason:  # Pillow's readers raise almost anything at damaged files.
        raise Refused("DECODE_FAILED", f"{type(reason).__name__}: {reason}") from reason
    if samples.shape[:2] != (still.height, still.width):
        raise Refused("DECODE_FAILED", f"decoded {samples.shape}, which the header does not have")
    return _over_black(samples)


def high_bytes(still: Still) -> Image.Image:
    """The pixels over black in 8 bits, in mode L or RGB: for what Pillow cannot compare by their high bytes."""
    pixels = (deep_pixels(still) >> 8).astype(np.uint8)
    return Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels)


def deep_counts(pixels: np.ndarray) -> np.ndarray:
    """Pixels per value: int64 of the shape (1 or 3, 65536)."""
    flat = pixels.reshape(-1, pixels.shape[2])
    counts = np.zeros((flat.shape[1], MAXIMUM + 1), np.int64)
    for begin in range(0, len(flat), _BLOCK):
        for channel, count in enumerate(counts):
            count += np.bincount(flat[begin : begin + _BLOCK, channel], minlength=MAXIMUM + 1)
    return counts


def deep_statistic(counts: np.ndarray, name: str) -> list[int]:
    """The `sum`, `sumSq`, `min` or `max` of grey, or of R, G and B. Squares add up to 2^59 at most."""
    if name == "sum":
        return (counts @ _VALUES).tolist()
    if name == "sumSq":
        return (counts @ (_VALUES * _VALUES)).tolist()
    return [int(np.flatnonzero(count)[0 if name == "min" else -1]) for count in counts]


def _samples(still: Still) -> np.ndarray:
    """All samples as they are stored. Of colours Pillow keeps the high bytes only, so it is asked for the low ones too.

    It cannot tell where a raw mode has them: with the other byte order it takes these for the high ones.
    """
    image = _open(still)
    raw_mode = _raw_mode(image)
    clear = image.info.get("transparency")
    if image.mode.startswith("I;16"):
        samples = np.asarray(image).astype(np.uint16)[:, :, None]
    elif raw_mode == "LA;16B":  # four bytes a pixel, as RGBA has them
        samples = np.asarray(_with_raw_mode(image, "RGBA")).view(">u2").astype(np.uint16)
    else:
        low = _with_raw_mode(_open(still), raw_mode[:-1] + ("L" if raw_mode.endswith("B") else "B"))
        samples = np.asarray(image).astype(np.uint16) << 8
        samples |= np.asarray(low)
    if still.drop_alpha:
        samples = samples[:, :, :-1]
    if clear is not None:  # the one grey or colour of a PNG that is not there
        samples[(samples == np.array(clear)).all(axis=2)] = 0
    return samples


def _open(still: Still) -> Image.Image:
    return DECODERS[still.format](still.open())


def _raw_mode(image: Image.Image) -> str:
    """How the samples lie in the file: of a PNG alone, of a TIFF with other arguments of its decoder."""
    args = image.tile[0].args
    return args if isinstance(args, str) else args[0]


def _with_raw_mode(image: Image.Image, raw_mode: str) -> Image.Image:
    image.tile = [
        tile._replace(args=raw_mode if isinstance(tile.args, str) else (raw_mode, *tile.args[1:]))
        for tile in image.tile
    ]
    return image


def _over_black(samples: np.ndarray) -> np.ndarray:
    """c * a / 65535 rounded to the nearest: 65535 is odd, so there is no tie."""
    height, width, channels = samples.shape
    if channels in (1, 3):
        return samples
    flat = samples.reshape(-1, channels)
    over = np.empty((len(flat), channels - 1), np.uint16)
    for begin in range(0, len(flat), _BLOCK):
        block = flat[begin : begin + _BLOCK].astype(np.int64)
        over[begin : begin + _BLOCK] = (2 * block[:, :-1] * block[:, -1:] + MAXIMUM) // (2 * MAXIMUM)
    return over.reshape(height, width, channels - 1)
