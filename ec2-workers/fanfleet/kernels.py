"""Which kernel a process has: the native one, or Pillow. Both give the same rows and files (docs/formats.md)."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from fanfleet.decoded import Decoded
from fanfleet.histogram import ValueCounts
from fanfleet.native_library import NativeLibrary, library_path
from fanfleet.row import Measured

if TYPE_CHECKING:
    from fanfleet.tensors import Tensored

WANTED = ("auto", "native", "portable")
"""What can be asked for; `auto` is the native kernel wherever it can be loaded."""


class Kernel(Protocol):
    name: str
    """`native` or `pillow`: the word of spans and reports."""

    def measure_all(
        self,
        images: Sequence[tuple[str, bytes]],
        operation: str,
        depth: str = "8",
        most_bytes: int | None = None,
        values: ValueCounts | None = None,
    ) -> list[Measured]:
        """Measure images, each a key and its bytes, in their order. What cannot be measured is a row with its error.

        `depth` is one of `DEPTHS` in src/contract/depth.ts, `most_bytes` the memory that each image may take: None
        without a limit. The values of all images that could be measured are added to `values`, if they are wanted.
        """

    def normalise(
        self, data: bytes, key: str, normalisation: dict[str, Any], most_bytes: int | None = None
    ) -> Measured:
        """Decode, stretch and encode one image. An image that cannot be is a row with its error.

        `normalisation` is as `Normalisation` in src/contract/normalisation.ts: format, channels, quality and, for the
        whole dataset, range.
        """

    def pixels(self, data: bytes, key: str, most_bytes: int | None = None, into: Any = None) -> Decoded:
        """Decode one image to R, G and B of 8 bits. An image that cannot be has the row that `measure_all` gives.

        `into` is a writable buffer, as a bytearray or a numpy array in C order. Pixels that it has room for come
        there, and are this image's until another call gets the buffer. It saves making one for each image.
        """

    def tensor(
        self, data: bytes, key: str, recipe: dict[str, Any], most_bytes: int | None = None, into: Any = None
    ) -> "Tensored":
        """Decode, resize, cut out and normalise one image (docs/tensors.md).

        `recipe` is a `TensorRecipe` of src/contract/tensor.ts. An image that cannot be decoded has the row of
        `measure_all`. `into` is as for `pixels`: an image's place in the array of a batch.
        """

    def tensors(
        self,
        images: Sequence[tuple[str, bytes]],
        recipe: dict[str, Any],
        into: Any,
        most_bytes: int | None = None,
    ) -> "list[Tensored]":
        """Make the tensors of images, each a key and its bytes, in their order, as `tensor` does.

        `into` is the array of a batch, in C order and of the type of the recipe, with room for as many tensors as there
        are images. Those that could be made come there one behind the other, without gaps for others: `data` are
        parts of it. Only for recipes by which all tensors have one size. Raise ValueError where that is not so.
        """


class KernelUnavailable(Exception):
    """The native kernel is asked for, and is not here; the message says why and what to do."""


def choose(wanted: str = "auto", path: Path | None = None) -> Kernel:
    """The kernel that is asked for, one of `WANTED`; its `name` tells which it is.

    `path` is that of the native library, `library_path()` unless it is given. Raises KernelUnavailable.
    """
    library = choose_library(wanted, path)
    if library is not None:
        from fanfleet.native_kernel import NativeKernel

        return NativeKernel(library)
    # Only now: Pillow takes longer to import than anything else here.
    from fanfleet.pillow_kernel import PillowKernel

    return PillowKernel()


def choose_library(wanted: str = "auto", path: Path | None = None) -> NativeLibrary | None:
    """The native library, or None where Python takes its place; as `choose`, whose errors it raises."""
    if wanted not in WANTED:
        raise ValueError(f"Expected a kernel of {', '.join(WANTED)} but got {wanted}.")
    found = None if wanted == "portable" else _load(path or library_path())
    if isinstance(found, NativeLibrary):
        return found
    if wanted == "native":
        raise KernelUnavailable(f"Expected the native kernel but {found} Or ask for kernel auto or portable.")
    return None


def why_not_native(path: Path | None = None) -> str | None:
    """Why `auto` is Pillow here, in a sentence; None where it is the native kernel."""
    found = _load(path or library_path())
    return found if isinstance(found, str) else None


@cache
def _load(path: Path) -> NativeLibrary | str:
    if not path.exists():
        return f"there is none at {path}: npm run build:native, for the fleet's processor."
    try:
        return NativeLibrary(path)
    except OSError as reason:
        return f"that at {path} cannot be loaded: {reason}."
