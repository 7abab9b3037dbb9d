"""The memory that an image takes: the twin of src/kernel/image-memory.ts, which says why."""

from fanfleet.formats import Still
from fanfleet.formats.still import must

_OUTPUT_BYTES = {"png": 9, "jpeg": 9, "npy": 15, "pixels": 3}
_FIXED_BYTES = 24 * 2**20


def image_bytes(still: Still, input_bytes: int, product: str | None = None) -> int:
    """Bytes in the kernel that takes most.

    `product` is what is made of it beside its row: pixels, or a normalised copy by its format.
    """
    output = 0 if product is None else _OUTPUT_BYTES[product] * still.width * still.height
    return _FIXED_BYTES + 2 * input_bytes + still.per_pixel * still.frame_width * still.frame_height + output


def is_file_too_large(file_bytes: int, most_bytes: int) -> bool:
    """Whether no image in such a file can be done in so much memory."""
    return _FIXED_BYTES + 2 * file_bytes > most_bytes


def must_fit(needed: int, most_bytes: int | None) -> None:
    """Raise Refused for an image that takes more than it may; None is no limit."""
    must(most_bytes is None or needed <= most_bytes, "TOO_MUCH_MEMORY")
