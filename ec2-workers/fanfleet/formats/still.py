"""What the readers of headers share."""

import io
from collections.abc import Callable, Sequence
from struct import unpack_from
from typing import BinaryIO, NamedTuple

from fanfleet.formats.pieces import Piece

MAX_PIXELS = 134_217_728
"""The most pixels an image may have: 2^27."""

MAX_SIDE = 1_000_000
"""The longest side of an image; what is longer is more than some decoders take."""


class Refused(Exception):
    """The image cannot be measured; `code` is one of the codes of a row."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail


class Still(NamedTuple):
    """One still image found in the bytes of a file; the fields are those of `Still` in TypeScript."""

    format: str
    width: int
    height: int
    frame_width: int
    frame_height: int
    data: bytes
    per_pixel: int
    frame_left: int = 0
    frame_top: int = 0
    drop_alpha: bool = False
    deep: bool = False
    """Whether it has 16 bits a sample."""
    stream: Callable[[], BinaryIO] | None = None
    """Opens the file for Pillow where `data` is not what it is to read. It may raise Refused."""
    pieces: Sequence[Piece] = ()
    """The file for the native library, without metadata; only of JPEG and PNG."""

    def open(self) -> BinaryIO:
        """The file for Pillow."""
        return io.BytesIO(self.data) if self.stream is None else self.stream()


def must(condition: bool, code: str = "DECODE_FAILED") -> None:
    if not condition:
        raise Refused(code)


def check_size(width: int, height: int) -> None:
    must(width > 0 and height > 0)
    must(width * height <= MAX_PIXELS, "TOO_MANY_PIXELS")
    must(max(width, height) <= MAX_SIDE, "UNSUPPORTED_VARIANT")


def u16(data: bytes, at: int) -> int:
    return unpack_from(">H", data, at)[0]


def u16le(data: bytes, at: int) -> int:
    return unpack_from("<H", data, at)[0]


def u24le(data: bytes, at: int) -> int:
    low, high = unpack_from("<HB", data, at)
    return low | high << 16


def u32(data: bytes, at: int) -> int:
    return unpack_from(">I", data, at)[0]


def u32le(data: bytes, at: int) -> int:
    return unpack_from("<I", data, at)[0]
