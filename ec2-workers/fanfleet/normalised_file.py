"""Names and types of the files of normalised images: the twin of src/contract/normalised-file.ts, which says why."""

from fanfleet.formats import Still
from fanfleet.formats.still import must

_TYPES = {
    "png": ("png", "image/png"),
    "jpeg": ("jpg", "image/jpeg"),
    "npy": ("npy", "application/octet-stream"),
}

MAX_KEY_BYTES = 900

MAX_JPEG_SIDE = 65_500
"""libjpeg's JPEG_MAX_DIMENSION: it writes no longer side."""


def must_be_writable(still: Still, file_format: str) -> None:
    """Raise Refused for an image of a size that the format has not."""
    must(file_format != "jpeg" or max(still.width, still.height) <= MAX_JPEG_SIDE, "OUTPUT_TOO_LARGE")


def is_key_too_long(key: str) -> bool:
    return len(key.encode()) > MAX_KEY_BYTES


def file_name(key: str, file_format: str) -> str:
    """Below the arm's folder; as `layout.normalised` in src/contract/layout.ts."""
    return f"normalised/{key}.{_TYPES[file_format][0]}"


def content_type(file_format: str) -> str:
    return _TYPES[file_format][1]
