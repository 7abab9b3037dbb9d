"""The native kernel: JPEG and PNG are decoded by libjpeg-turbo and libdeflate in the native library.

The twin of src/kernel/native-kernel.ts. All else goes to Pillow, which is imported when it is needed first; so does a
PNG with the smallest flaw, since engines differ in what they make of those.
"""

import hashlib
import time
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from fanfleet.decoded import Decoded, refused, room_for
from fanfleet.formats import Refused, Still, read_still
from fanfleet.histogram import ValueCounts
from fanfleet.image_memory import image_bytes, must_fit
from fanfleet.native_library import DAMAGED, MEASURED, NativeLibrary, Output, is_native
from fanfleet.normalised_file import must_be_writable
from fanfleet.npy import npy_header
from fanfleet.rgb_png import PngWriter
from fanfleet.row import Measured, failed_row, measured_row, normalised_row

if TYPE_CHECKING:
    from fanfleet.tensors import Tensored

_PLACES = {"sum": 3, "sumSq": 4, "min": 5, "max": 6}
"""Where a statistic of R is in the numbers of an image; those of G and B are 4 and 8 behind it, the last ones."""

_PORTABLE = "pillow"
"""The kernel that images are left to."""


class _Read(NamedTuple):
    """An image whose header was read."""

    at: int
    key: str
    still: Still
    read_ms: float


class NativeKernel:
    name = "native"

    def __init__(self, library: NativeLibrary) -> None:
        self._library = library

    def measure_all(
        self,
        images: Sequence[tuple[str, bytes]],
        operation: str,
        depth: str = "8",
        most_bytes: int | None = None,
        values: ValueCounts | None = None,
    ) -> list[Measured]:
        """As `Kernel` says; all JPEG and PNG in one call."""
        measured: list[Any] = [None] * len(images)
        natives, others = [], []
        for at, (key, data) in enumerate(images):
            started = time.perf_counter()
            try:
                still = read_still(data, self._library.scan_end)
                must_fit(image_bytes(still, len(data)), most_bytes)
            except Refused as reason:
                measured[at] = _failed(key, reason.code, started, reason.detail)
                continue
            read = _Read(at, key, still, _since(started))
            (natives if is_native(still) else others).append(read)
        others += self._measure(natives, operation, values, measured)
        for read in others:
            measured[read.at] = _by_pillow(read, operation, depth, values)
        return measured

    def _measure(
        self, reads: list[_Read], operation: str, values: ValueCounts | None, measured: list[Any]
    ) -> list[_Read]:
        """Fill in what the library finds out, and give the images that it leaves to Pillow."""
        if not reads:
            return []
        started = time.perf_counter()
        figures = self._library.measure([read.still for read in reads], counts=values is not None)
        if values is not None and figures.counts is not None:
            values.add(figures.counts)
        worked = sum(numbers[1] + numbers[2] for numbers in figures.images) / 1e6
        wait_ms = max(0.0, _since(started) - worked) / len(reads)
        details = iter(figures.details)
        left = []
        for read, numbers in zip(reads, figures.images, strict=True):
            decode_ms = read.read_ms + wait_ms + numbers[1] / 1e6
            if numbers[0] == MEASURED:
                row = measured_row(read.key, read.still, partial(_statistic, numbers), operation)
                measured[read.at] = Measured(row, decode_ms, numbers[2] / 1e6)
            elif numbers[0] == DAMAGED:
                row = failed_row(read.key, "DECODE_FAILED")
                measured[read.at] = Measured(row, decode_ms, 0.0, next(details))
            else:
                left.append(read)
        return left

    def normalise(
        self, data: bytes, key: str, normalisation: dict[str, Any], most_bytes: int | None = None
    ) -> Measured:
        """As `Kernel` says."""
        started = time.perf_counter()
        try:
            still = read_still(data, self._library.scan_end)
            must_fit(image_bytes(still, len(data), normalisation["format"]), most_bytes)
            must_be_writable(still, normalisation["format"])
        except Refused as reason:
            return _failed(key, reason.code, started, reason.detail)
        # The library has a table of 256 values, whose range is of 8 bits too.
        if is_native(still) and (normalisation.get("range") or {}).get("depth") != 16:
            header = npy_header(still.width, still.height)
            output = self._library.normalise(still, normalisation, len(header))
            if output.state == DAMAGED:
                return _failed(key, "DECODE_FAILED", started, output.detail)
            if output.state == MEASURED:
                return _normalised(key, still, normalisation["format"], header, output, started)
        from fanfleet.pillow_normalise import normalise_still

        return normalise_still(still, key, normalisation, started)._replace(left_to=_PORTABLE)

    def pixels(self, data: bytes, key: str, most_bytes: int | None = None, into: Any = None) -> Decoded:
        """As `Kernel` says."""
        started = time.perf_counter()
        try:
            still = read_still(data, self._library.scan_end)
            must_fit(image_bytes(still, len(data), "pixels"), most_bytes)
            if is_native(still):
                to = room_for(still, into)
                state, detail = self._library.pixels(still, to)
                if state == DAMAGED:
                    raise Refused("DECODE_FAILED", detail)
                if state == MEASURED:
                    return Decoded(_since(started), still.width, still.height, to)
        except Refused as reason:
            return refused(key, reason, started)
        from fanfleet.pillow_pixels import pixels_of_still

        return pixels_of_still(still, key, into, started)._replace(left_to=_PORTABLE)

    def tensor(
        self, data: bytes, key: str, recipe: dict[str, Any], most_bytes: int | None = None, into: Any = None
    ) -> "Tensored":
        """As `Kernel` says."""
        from fanfleet.native_tensors import tensor

        return tensor(self._library, data, key, recipe, most_bytes, into)

    def tensors(
        self,
        images: Sequence[tuple[str, bytes]],
        recipe: dict[str, Any],
        into: Any,
        most_bytes: int | None = None,
    ) -> "list[Tensored]":
        """As `Kernel` says."""
        from fanfleet.native_tensors import tensors

        return tensors(self._library, images, recipe, into, most_bytes)


def _normalised(key: str, still: Still, file_format: str, header: bytes, output: Output, started: float) -> Measured:
    """The outcome for an image of which the library made what its file consists of."""
    decoded_ms = _since(started) - output.encode_ns / 1e6
    finishing = time.perf_counter()
    if file_format == "png":
        writer = PngWriter(still.width, still.height)
        writer.write(output.view)
        file: bytes | bytearray = writer.end()
    elif file_format == "npy":
        file = bytearray(output.view)
        file[: len(header)] = header
    else:
        file = output.copy()
    if file_format == "jpeg":
        vouched: dict[str, Any] = {"pixels_crc32": output.checksum}
    else:
        vouched = {"sha256": hashlib.sha256(file).hexdigest()}
    own = {"min": output.extremes[:3], "max": output.extremes[3:]}
    row = normalised_row(key, still, own, vouched)
    return Measured(row, decoded_ms, output.encode_ns / 1e6 + _since(finishing), file=file)


def _by_pillow(read: _Read, operation: str, depth: str, values: ValueCounts | None) -> Measured:
    from fanfleet.pillow_kernel import measure_still

    started = time.perf_counter() - read.read_ms / 1000
    measured = measure_still(read.still, read.key, operation, depth, values, started)
    return measured._replace(left_to=_PORTABLE)


def _statistic(numbers: list[int], name: str) -> list[int]:
    return numbers[_PLACES[name] :: 4]


def _failed(key: str, code: str, started: float, detail: str) -> Measured:
    return Measured(failed_row(key, code), _since(started), 0.0, detail or None)


def _since(started: float) -> float:
    return (time.perf_counter() - started) * 1000
