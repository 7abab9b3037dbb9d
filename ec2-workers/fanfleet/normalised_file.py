"""Names and types of the files of normalised images: the twin of src/run/normalised-file.ts, which says why."""

_TYPES = {
    "png": ("png", "image/png"),
    "jpeg": ("jpg", "image/jpeg"),
    "npy": ("npy", "application/octet-stream"),
}

MAX_KEY_BYTES = 900


def is_key_too_long(key: str) -> bool:
    return len(key.encode()) > MAX_KEY_BYTES


def file_name(key: str, file_format: str) -> str:
    """Below the arm's folder; as `layout.normalised` in src/run/layout.ts."""
    return f"normalised/{key}.{_TYPES[file_format][0]}"


def content_type(file_format: str) -> str:
    return _TYPES[file_format][1]
