"""The native library, called through its C ABI (native/src/c_abi.rs and others in _abi.rs).

It is the file that Node loads as an addon.

Calls are made without the interpreter's lock, on the thread that makes them, and read the images where they are.
"""

import platform
import sys
from collections.abc import Sequence
from ctypes import (
    CDLL,
    POINTER,
    Structure,
    byref,
    c_bool,
    c_char,
    c_char_p,
    c_float,
    c_size_t,
    c_uint8,
    c_uint32,
    c_uint64,
    c_void_p,
    string_at,
)
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from fanfleet.formats import Still
from fanfleet.formats.pieces import Piece
from fanfleet.tensor_plan import TensorPlan

VERSION = 7
"""`VERSION` of native/src/c_abi.rs."""

MEASURED, DAMAGED, FOREIGN = 0, 1, 2
"""The states of an image; a foreign one is left to Pillow."""

_OUT = 15
_DETAIL = 256
_OUT_OF_PIXELS = 2
_OUT_OF_TENSORS = 3
_VALUES = 256
_FILTERS = ("nearest", "box", "bilinear", "bicubic", "lanczos")
"""As `TENSOR_FILTERS` of src/contract/tensor.ts."""
_FORMATS = {"png": 0, "jpeg": 1, "npy": 2}
_MACHINES = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64", "arm64": "arm64"}


def is_native(still: Still) -> bool:
    """Whether the library may decode it: JPEG, and PNG of up to 8 bits (byte 24) without interlacing (byte 28)."""
    return still.format == "JPEG" or (still.format == "PNG" and still.data[24] <= 8 and still.data[28] == 0)


def library_path() -> Path:
    """Where it is for this machine: `npm run build:native` puts it there, and packaging under the same name."""
    cpu = _MACHINES.get(platform.machine().lower(), platform.machine())
    return Path(__file__).parents[2] / "native" / "dist" / f"{sys.platform}-{cpu}" / "kernel.node"


class _Request(Structure):
    _fields_ = (
        *((name, c_uint32) for name in ("width", "height", "pieces", "format", "quality", "header_bytes")),
        *(("each", c_uint32), ("has_range", c_uint32), ("range", c_uint8 * 6)),
    )


class _TensorSettings(Structure):
    _fields_ = (
        *((name, c_uint32) for name in ("filter", "planar", "floats")),
        *(("mean", c_float * 3), ("std", c_float * 3)),
    )


class _Made(Structure):
    _fields_ = (
        ("output", c_void_p),
        *((name, c_uint64) for name in ("length", "decode_ns", "encode_ns")),
        *(("checksum", c_uint32), ("extremes", c_uint8 * 6), ("detail", c_char * _DETAIL)),
    )


@dataclass(frozen=True, slots=True)
class Figures:
    """What a call found out about its images, in their order."""

    images: list[list[int]]
    """State, nanoseconds of decoding and of scanning, then sum, sumSq, min and max of R, of G and of B."""
    counts: list[list[int]] | None
    """How often each value occurs in all images that were measured, for R, G and B."""
    details: list[str]
    """The decoder's words for each damaged image."""


class TensorOutcome(NamedTuple):
    """What became of an image whose tensor was asked for."""

    state: int
    decode_ns: int
    compute_ns: int
    """From the pixels to the tensor."""
    detail: str
    """The decoder's words about a damaged image."""


class Output:
    """What was made of one image: of a PNG its filtered lines, of npy numbers behind room for the header, or a JPEG."""

    def __init__(self, library: CDLL, state: int, made: _Made) -> None:
        self._library, self._made = library, made
        self.state = state
        self.detail = made.detail.decode(errors="replace")
        self.decode_ns, self.encode_ns = made.decode_ns, made.encode_ns
        self.checksum = made.checksum
        """CRC-32 of the pixels of a JPEG, before they were encoded."""
        self.extremes: list[int] = list(made.extremes)
        """The image's own minima of R, G, B, then maxima."""

    @cached_property
    def view(self) -> Any:
        """The bytes where they are, until this object is gone."""
        return (c_char * self._made.length).from_address(self._made.output)

    def copy(self) -> bytes:
        return string_at(self._made.output, self._made.length)

    def __del__(self) -> None:
        self._library.fanfleet_release(byref(self._made))


class NativeLibrary:
    def __init__(self, path: Path) -> None:
        """Raise OSError if it cannot be loaded, or was built of other sources than these."""
        library = CDLL(str(path))
        version = library.fanfleet_version() if hasattr(library, "fanfleet_version") else 0
        if version != VERSION:
            raise OSError(f"it has version {version} and not {VERSION}: npm run build:native")
        files, pointer = POINTER(c_char_p), c_void_p
        library.fanfleet_measure.argtypes = (files, pointer, pointer, c_size_t, pointer, pointer, pointer)
        library.fanfleet_measure.restype = None
        library.fanfleet_pixels.argtypes = (files, pointer, pointer, c_size_t, pointer, c_size_t, pointer, pointer)
        library.fanfleet_pixels.restype = c_bool
        library.fanfleet_tensors.argtypes = (
            *(files, pointer, pointer, c_size_t, POINTER(_TensorSettings)),
            *(pointer, c_size_t, pointer, pointer),
        )
        library.fanfleet_tensors.restype = c_bool
        library.fanfleet_normalise.argtypes = (files, pointer, POINTER(_Request), POINTER(_Made))
        library.fanfleet_normalise.restype = c_uint64
        library.fanfleet_release.argtypes = (POINTER(_Made),)
        library.fanfleet_release.restype = None
        library.fanfleet_scan_end.argtypes = (c_char_p, c_size_t, c_size_t)
        library.fanfleet_scan_end.restype = c_size_t
        library.fanfleet_nearest_prepare.argtypes = (pointer, c_size_t, c_size_t)
        library.fanfleet_nearest_prepare.restype = c_void_p
        library.fanfleet_nearest_find.argtypes = (pointer, pointer, c_size_t, c_size_t, pointer, pointer)
        library.fanfleet_nearest_find.restype = None
        library.fanfleet_nearest_release.argtypes = (pointer,)
        library.fanfleet_nearest_release.restype = None
        library.fanfleet_centres_prepare.argtypes = (pointer, c_size_t, c_size_t)
        library.fanfleet_centres_prepare.restype = c_void_p
        library.fanfleet_centres_assign.argtypes = (pointer, pointer, c_size_t, pointer, pointer)
        library.fanfleet_centres_assign.restype = None
        library.fanfleet_centres_release.argtypes = (pointer,)
        library.fanfleet_centres_release.restype = None
        self._library = library

    def scan_end(self, data: bytes, start: int) -> int:
        """As `scan_end` of formats/jpeg.py, about five times as fast."""
        return self._library.fanfleet_scan_end(data, len(data), start)

    def measure(self, stills: Sequence[Still], *, counts: bool = False) -> Figures:
        """The statistics of images, with `counts` also how often each value occurs in all of them."""
        files, pieces = _places([piece for still in stills for piece in still.pieces])
        sizes = [number for still in stills for number in (still.width, still.height, len(still.pieces))]
        numbers = (c_uint64 * (_OUT * len(stills)))()
        total = (c_uint64 * (3 * _VALUES))() if counts else None
        details = (c_char * (_DETAIL * len(stills)))()
        images = (c_uint32 * len(sizes))(*sizes)
        self._library.fanfleet_measure(files, pieces, images, len(stills), numbers, total, details)
        flat = numbers[:]
        found = [flat[at : at + _OUT] for at in range(0, len(flat), _OUT)]
        damaged = sum(image[0] == DAMAGED for image in found)
        return Figures(
            found,
            None if total is None else [total[at : at + _VALUES] for at in range(0, len(total), _VALUES)],
            [_text(details, _DETAIL * at) for at in range(damaged)],
        )

    def pixels(self, still: Still, to: memoryview) -> tuple[int, str]:
        """Decode one image to R, G and B; `to` has width x height x 3 bytes.

        Gives its state, and the decoder's words about a damaged image. Raise ValueError if `to` has fewer.
        """
        files, pieces = _places(still.pieces)
        image = (c_uint32 * 3)(still.width, still.height, len(still.pieces))
        numbers = (c_uint64 * _OUT_OF_PIXELS)()
        details = (c_char * _DETAIL)()
        first = byref(c_uint8.from_buffer(to))
        if not self._library.fanfleet_pixels(files, pieces, image, 1, first, to.nbytes, numbers, details):
            raise ValueError(f"Expected room for {still.width} x {still.height} x 3 bytes but got {to.nbytes}.")
        return numbers[0], details.value.decode(errors="replace")

    def tensors(
        self, stills: Sequence[Still], plans: Sequence[TensorPlan], recipe: dict[str, Any], to: int, room: int
    ) -> list[TensorOutcome]:
        """Make the tensors of images one behind the other from an address on, with so many bytes of room.

        What is in the place of one that fails has no meaning. `recipe` is a `TensorRecipe`. Raise ValueError if
        there are too few bytes.
        """
        files, pieces = _places([piece for still in stills for piece in still.pieces])
        numbers = [
            number
            for still, plan in zip(stills, plans, strict=True)
            for number in (still.width, still.height, len(still.pieces), 0, *plan)
        ]
        floats = recipe["type"] == "float32"
        settings = _TensorSettings(_FILTERS.index(recipe["filter"]), recipe["layout"] == "nchw", floats)
        settings.mean[:] = recipe.get("mean", (0, 0, 0))
        settings.std[:] = recipe.get("std", (1, 1, 1))
        images, found = (c_uint32 * len(numbers))(*numbers), (c_uint64 * (_OUT_OF_TENSORS * len(stills)))()
        details = (c_char * (_DETAIL * len(stills)))()
        if not self._library.fanfleet_tensors(
            files, pieces, images, len(stills), byref(settings), to, room, byref(found), byref(details)
        ):
            values = sum(plan.values for plan in plans)
            raise ValueError(f"Expected room for {values} values of {recipe['type']} but got {room} bytes.")
        outcomes, damaged = [], 0
        for at in range(0, len(found), _OUT_OF_TENSORS):
            state, decode_ns, compute_ns = found[at : at + _OUT_OF_TENSORS]
            detail = _text(details, _DETAIL * damaged) if state == DAMAGED else ""
            damaged += state == DAMAGED
            outcomes.append(TensorOutcome(state, decode_ns, compute_ns, detail))
        return outcomes

    def normalise(self, still: Still, normalisation: dict[str, Any], header_bytes: int) -> Output:
        """Decode, stretch and encode one image; `normalisation` as `Normalisation` in src/contract/normalisation.ts."""
        files, pieces = _places(still.pieces)
        reach = normalisation.get("range")
        request = _Request(
            *(still.width, still.height, len(still.pieces), _FORMATS[normalisation["format"]]),
            *(normalisation["quality"], header_bytes, normalisation["channels"] == "each", reach is not None),
        )
        if reach is not None:
            request.range[:] = [*reach["min"], *reach["max"]]
        made = _Made()
        state = self._library.fanfleet_normalise(files, pieces, byref(request), byref(made))
        return Output(self._library, state, made)

    def prepare_nearest(self, vectors: int, count: int, length: int) -> int:
        """Prepare `count` vectors of `length` bytes from an address on; give where what was prepared is.

        That goes to `release_nearest`. Raise ValueError if the vectors are unfit.
        """
        training = self._library.fanfleet_nearest_prepare(vectors, count, length)
        if training is None:
            raise ValueError(f"Expected vectors of a length that the library takes but got {count} of {length} bytes.")
        return training

    def find_nearest(self, training: int, queries: int, count: int, k: int, indices: int, distances: int) -> None:
        """Put the `k` nearest of each of `count` queries where two addresses say, in 32 bits each."""
        self._library.fanfleet_nearest_find(training, queries, count, k, indices, distances)

    def release_nearest(self, training: int) -> None:
        self._library.fanfleet_nearest_release(training)

    def prepare_centres(self, numbers: int, count: int, length: int) -> int:
        """Prepare centres, at an address of each the count and `length` sums, in 64 bits each; give their own address.

        Raise ValueError if the library does not take them.
        """
        centres = self._library.fanfleet_centres_prepare(numbers, count, length)
        if centres is None:
            raise ValueError(f"Expected centres that the library takes but got {count} of {length} values.")
        return centres

    def assign_to_centres(self, centres: int, vectors: int, count: int, labels: int, totals: int) -> None:
        """Put the nearest centre of each of `count` vectors, in 32 bits.

        And of each centre how many went to it, the sum of their squares, and the sums of each value, in 64 bits.
        """
        self._library.fanfleet_centres_assign(centres, vectors, count, labels, totals)

    def release_centres(self, centres: int) -> None:
        self._library.fanfleet_centres_release(centres)


def _places(pieces: Sequence[Piece]) -> tuple[Any, Any]:
    """Where the pieces are: their files, which the array keeps, and of each its offset and its length in there."""
    places = [number for _, start, end in pieces for number in (start, end - start)]
    # `Piece` of c_abi.rs; an array of structures takes several times as long to make.
    return (c_char_p * len(pieces))(*[file for file, _, _ in pieces]), (c_size_t * len(places))(*places)


def _text(details: Any, at: int) -> str:
    return details[at : at + _DETAIL].partition(b"\0")[0].decode(errors="replace")
