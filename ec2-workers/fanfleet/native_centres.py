"""The nearest of centres, found by the native library."""

from typing import Any

import numpy as np

from fanfleet.native_library import NativeLibrary


class NativeCentres:
    """As `fanfleet.centres.Finder` says; the centres in the library are freed with this object."""

    name = "native"

    def __init__(self, library: NativeLibrary, numbers: Any) -> None:
        """`numbers` are as `prepare` of `fanfleet.centres` has looked at them."""
        self._count, self._length = len(numbers), numbers.shape[1] - 1
        self._library = library
        self._centres = library.prepare_centres(numbers.ctypes.data, self._count, self._length)

    def assign(self, vectors: Any) -> tuple[Any, Any]:
        labels = np.empty(len(vectors), np.uint32)
        totals = np.empty((self._count, self._length + 2), np.uint64)
        places = (labels.ctypes.data, totals.ctypes.data)
        self._library.assign_to_centres(self._centres, vectors.ctypes.data, len(vectors), *places)
        return labels, totals

    def __del__(self) -> None:
        if hasattr(self, "_centres"):
            self._library.release_centres(self._centres)
