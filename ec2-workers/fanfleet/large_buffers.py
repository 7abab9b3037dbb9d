"""Large buffers of the C library, in memory of their own that is given back with each."""

import ctypes

LARGE_BYTES = 256 * 1024
"""Photographs of 500x375 are smaller, and are not worth a call of the kernel each."""

_M_MMAP_THRESHOLD = -3


def give_back() -> None:
    """From here on, in this process.

    By itself glibc takes what it once gave back for small: files of images then lie in the arenas of the threads that
    got them, between what lives on, and most of the bytes that were ever there at once stay with the process.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    # Others have none, and need none.
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, LARGE_BYTES)
