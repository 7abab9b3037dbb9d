"""The pixels of an image by Pillow, in R, G and B over black (docs/formats.md)."""

import time
from typing import Any

from PIL import Image

from fanfleet.decoded import Decoded, refused, room_for
from fanfleet.formats import Refused, Still, read_still
from fanfleet.image_memory import image_bytes, must_fit
from fanfleet.pillow_kernel import decode, over_black

_STRIP_PIXELS = 2**18
"""So many are worked on at once: what is made of them is small beside the image."""


def pixels(data: bytes, key: str, most_bytes: int | None, into: Any) -> Decoded:
    """As `Kernel` in kernels.py says."""
    started = time.perf_counter()
    try:
        still = read_still(data)
        must_fit(image_bytes(still, len(data), "pixels"), most_bytes)
    except Refused as reason:
        return refused(key, reason, started)
    return pixels_of_still(still, key, into, started)


def pixels_of_still(still: Still, key: str, into: Any, started: float) -> Decoded:
    """Those of an image whose header has been read; `started` is when that began, by `time.perf_counter`."""
    try:
        image = decode(still)
    except Refused as reason:
        return refused(key, reason, started)
    data = room_for(still, into)
    _put(image, still, data)
    spent = (time.perf_counter() - started) * 1000
    return Decoded(spent, still.width, still.height, data, dropped_bits=still.deep)


def rgb_image(still: Still) -> Image.Image:
    """The same pixels as an image of Pillow. Raise Refused."""
    image = decode(still)
    size = (still.width, still.height)
    if image.mode == "RGB" and image.size == size:
        return image
    data = room_for(still, None)
    _put(image, still, data)
    return Image.frombuffer("RGB", size, data)


def _put(image: Image.Image, still: Still, data: memoryview) -> None:
    """The frame at its place, on black."""
    if still.frame_width * still.frame_height < still.width * still.height:
        data[:] = bytes(len(data))
    width, height = image.size
    rows = max(1, _STRIP_PIXELS // width)
    for top in range(0, height, rows):
        strip = image.crop((0, top, width, min(height, top + rows)))
        rgb = _rgb(strip).tobytes()
        at = 3 * ((still.frame_top + top) * still.width + still.frame_left)
        if width == still.width:
            data[at : at + len(rgb)] = rgb
            continue
        for first in range(0, len(rgb), 3 * width):
            data[at : at + 3 * width] = rgb[first : first + 3 * width]
            at += 3 * still.width


def _rgb(strip: Image.Image) -> Image.Image:
    """Over black."""
    flat = over_black(strip)
    if flat.mode == "RGB":
        return flat
    channels = (0, 1, 2) if flat.mode == "RGBa" else (0, 0, 0)
    return Image.merge("RGB", [flat.getchannel(channel) for channel in channels])
