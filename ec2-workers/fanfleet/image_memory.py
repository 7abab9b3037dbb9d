"""The memory that an image takes: the twin of src/kernel/image-memory.ts, which says why."""

from fanfleet.formats import Still
from fanfleet.formats.still import must

_OUTPUT_BYTES = {"png": 9, "jpeg": 9, "npy": 15}
_FIXED_BYTES = 24 * 2**20


def image_bytes(still: Still, input_bytes: int, file_format: str | None = None) -> int:
    """Bytes in the kernel that takes most; `file_format` is that of the normalised copy, if one is made."""
    output = 0 if file_format is None else _OUTPUT_BYTES[file_format] * still.width * still.height
    return _FIXED_BYTES + 2 * input_bytes + still.per_pixel * still.frame_width * still.frame_height + output


def is_file_too_large(file_bytes: int, most_bytes: int) -> bool:
    """Whether no image in such a file can be done in so much memory."""
    return _FIXED_BYTES + 2 * file_bytes > most_bytes


def must_fit(needed: int, most_bytes: int | None) -> None:
    """Raise Refused for an image that takes more than it may; None is no limit."""
    must(most_bytes is None or needed <= most_bytes, "TOO_MUCH_MEMORY")
