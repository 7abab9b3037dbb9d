"""Tensors of images by the native library; what that leaves goes to Pillow."""

import time
from collections.abc import Sequence
from itertools import groupby
from typing import Any, NamedTuple

from fanfleet.formats import Refused, Still, read_still
from fanfleet.image_memory import image_bytes, must_fit
from fanfleet.native_library import DAMAGED, MEASURED, NativeLibrary, TensorOutcome, is_native
from fanfleet.tensor_plan import TensorPlan, must_be_planned, plan_tensor, tensor_bytes
from fanfleet.tensors import TensorBatch, Tensored, refused_tensor, room_for_tensor


class _Read(NamedTuple):
    """An image whose header was read."""

    at: int
    key: str
    still: Still
    plan: TensorPlan
    read_ms: float


def tensor(
    library: NativeLibrary, data: bytes, key: str, recipe: dict[str, Any], most_bytes: int | None, into: Any
) -> Tensored:
    """As `Kernel` in kernels.py says."""
    started = time.perf_counter()
    try:
        read = _read(library, data, key, recipe, most_bytes)
    except Refused as reason:
        return refused_tensor(key, reason, started)
    to = room_for_tensor(recipe, read.plan, into)
    if not is_native(read.still):
        return _by_pillow(read, recipe, to)
    outcomes = library.tensors([read.still], [read.plan], recipe, to.ctypes.data, to.nbytes)
    return _tensored(read, outcomes[0], recipe, to)


def tensors(
    library: NativeLibrary,
    images: Sequence[tuple[str, bytes]],
    recipe: dict[str, Any],
    into: Any,
    most_bytes: int | None,
) -> list[Tensored]:
    """As `Kernel` in kernels.py says; consecutive JPEG and PNG in one call."""
    batch = TensorBatch(into, recipe, len(images))
    made: list[Any] = [None] * len(images)
    reads = []
    for at, (key, data) in enumerate(images):
        started = time.perf_counter()
        try:
            reads.append(_read(library, data, key, recipe, most_bytes, at))
        except Refused as reason:
            made[at] = refused_tensor(key, reason, started)
    first = 0
    for native, group in groupby(reads, lambda read: is_native(read.still)):
        together = list(group)
        places = batch.places(first, len(together))
        first += len(together)
        if native:
            stills, plans = [read.still for read in together], [read.plan for read in together]
            outcomes = library.tensors(stills, plans, recipe, places.ctypes.data, places.nbytes)
            for read, outcome, place in zip(together, outcomes, places, strict=True):
                made[read.at] = _tensored(read, outcome, recipe, place)
        else:
            for read, place in zip(together, places, strict=True):
                made[read.at] = _by_pillow(read, recipe, place)
    return batch.closed(made)


def _read(
    library: NativeLibrary, data: bytes, key: str, recipe: dict[str, Any], most_bytes: int | None, at: int = 0
) -> _Read:
    """Raise Refused for one that is not to be decoded."""
    started = time.perf_counter()
    still = read_still(data, library.scan_end)
    must_fit(image_bytes(still, len(data)) + tensor_bytes(recipe, still.width, still.height), most_bytes)
    plan = plan_tensor(recipe, still.width, still.height)
    must_be_planned(plan)
    return _Read(at, key, still, plan, (time.perf_counter() - started) * 1000)


def _tensored(read: _Read, outcome: TensorOutcome, recipe: dict[str, Any], to: Any) -> Tensored:
    """What the library made of an image, or Pillow where it left that."""
    decode_ms = read.read_ms + outcome.decode_ns / 1e6
    if outcome.state == DAMAGED:
        reason = Refused("DECODE_FAILED", outcome.detail)
        return refused_tensor(read.key, reason, time.perf_counter() - decode_ms / 1000)
    if outcome.state == MEASURED:
        return Tensored(decode_ms, outcome.compute_ns / 1e6, read.still.width, read.still.height, to)
    return _by_pillow(read, recipe, to)


def _by_pillow(read: _Read, recipe: dict[str, Any], to: Any) -> Tensored:
    from fanfleet.pillow_tensors import tensor_of_still

    started = time.perf_counter() - read.read_ms / 1000
    made = tensor_of_still(read.still, read.key, recipe, read.plan, to, started)
    return made._replace(left_to="pillow")
