"""The tensor of an image by the native library; what that leaves goes to Pillow."""

import time
from typing import Any

from fanfleet.formats import Refused, read_still
from fanfleet.image_memory import image_bytes, must_fit
from fanfleet.native_library import DAMAGED, MEASURED, NativeLibrary, is_native
from fanfleet.tensor_plan import must_be_planned, plan_tensor, tensor_bytes
from fanfleet.tensors import Tensored, refused_tensor, room_for_tensor


def tensor(
    library: NativeLibrary, data: bytes, key: str, recipe: dict[str, Any], most_bytes: int | None, into: Any
) -> Tensored:
    """As `Kernel` in kernels.py says."""
    started = time.perf_counter()
    try:
        still = read_still(data, library.scan_end)
        must_fit(image_bytes(still, len(data)) + tensor_bytes(recipe, still.width, still.height), most_bytes)
        plan = plan_tensor(recipe, still.width, still.height)
        must_be_planned(plan)
        if is_native(still):
            to = room_for_tensor(recipe, plan, into)
            made = library.tensor(still, plan, recipe, to.ctypes.data, to.nbytes)
            if made.state == DAMAGED:
                raise Refused("DECODE_FAILED", made.detail)
            if made.state == MEASURED:
                compute_ms = made.compute_ns / 1e6
                decode_ms = (time.perf_counter() - started) * 1000 - compute_ms
                return Tensored(decode_ms, compute_ms, still.width, still.height, to)
    except Refused as reason:
        return refused_tensor(key, reason, started)
    from fanfleet.pillow_tensors import tensor_of_still

    return tensor_of_still(still, key, recipe, plan, into, started)._replace(left_to="pillow")
