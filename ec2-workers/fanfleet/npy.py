"""The head of a NumPy array file: the twin of src/kernel/npy.ts."""

from struct import pack

_ALIGNMENT = 64


def npy_header(width: int, height: int) -> bytes:
    """Format version 1.0, little-endian float32 of the shape (height, width, 3), padded as numpy pads it."""
    text = f"{{'descr': '<f4', 'fortran_order': False, 'shape': ({height}, {width}, 3), }}".encode()
    length = -(-(10 + len(text) + 1) // _ALIGNMENT) * _ALIGNMENT
    return b"".join((b"\x93NUMPY\x01\x00", pack("<H", length - 10), text.ljust(length - 11), b"\n"))
