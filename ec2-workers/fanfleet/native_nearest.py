"""The nearest of a training set, found by the native library."""

from typing import Any

import numpy as np

from fanfleet.native_library import NativeLibrary


class NativeNearest:
    """As `fanfleet.nearest.Nearest` says; the training set in the library is freed with this object."""

    name = "native"

    def __init__(self, library: NativeLibrary, training: Any) -> None:
        self.shape = training.shape
        self._library = library
        self._training = library.prepare_nearest(training.ctypes.data, *training.shape)

    def find(self, queries: Any, k: int) -> tuple[Any, Any]:
        indices = np.empty((len(queries), k), np.uint32)
        distances = np.empty_like(indices)
        places = (indices.ctypes.data, distances.ctypes.data)
        self._library.find_nearest(self._training, queries.ctypes.data, len(queries), k, *places)
        return indices, distances

    def __del__(self) -> None:
        if hasattr(self, "_training"):
            self._library.release_nearest(self._training)
