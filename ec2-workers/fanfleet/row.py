"""Rows: the one text that becomes of an image, the twin of src/contract/row.ts."""

import json
from collections.abc import Callable
from typing import Any, NamedTuple

from fanfleet.formats import Still

IMAGE_ERRORS = {
    "EMPTY_OBJECT": "the object has 0 bytes",
    "NOT_AN_IMAGE": "the content is not JPEG, PNG, GIF, WebP or TIFF",
    "DECODE_FAILED": "the image is truncated or damaged",
    "TOO_MANY_PIXELS": "no damage was found, but the image has more than 134217728 pixels: scale it down or cut it up",
    "UNSUPPORTED_COLOUR": (
        "no damage was found, but the colours are not grey, RGB or palette of 1 to 16 bits: "
        "convert it, e.g. to 8-bit RGB PNG"
    ),
    "UNSUPPORTED_VARIANT": (
        "no damage was found, but this variant of the format is not supported: convert it, e.g. to 8-bit RGB PNG"
    ),
    "OBJECT_MISSING": "the object was deleted after the manifest was planned",
    "KEY_NOT_FOUND": "the key was named, but there is no such object: correct the key, or put the image there",
    "OBJECT_CHANGED": "the object was changed after the manifest was planned",
    "NAME_NOT_UTF8": "the name of the file is not UTF-8, so it cannot be a key: rename the file",
    "SHARD_DAMAGED": "the tar is damaged or cut off, and no file behind the damage was read: write it again",
    "SHARD_COMPRESSED": "the tar is compressed, and no file in it was read: unpack it to a tar without compression",
    "SHARD_MEMBER_SPARSE": (
        "the file is stored sparse in its tar: write the tar without --sparse, with bsdtar by --no-read-sparse"
    ),
    "SHARD_LINK_BROKEN": "the hard link leads to no file before it in its tar: write the tar with --hard-dereference",
    "OBJECT_ARCHIVED": "the object is archived: restore it, or leave it out",
    "OBJECT_DENIED": "reading the object was denied: allow s3:GetObject on it,"
    " and kms:Decrypt with the key of its encryption",
    "OBJECT_ENCRYPTED": "the object is encrypted with a key that its owner keeps (SSE-C):"
    " copy it with SSE-S3 or SSE-KMS",
    "OBJECT_KEY_UNUSABLE": "the KMS key of the object is disabled, deleted or not usable: enable it, or leave it out",
    "OBJECT_UNREADABLE": "S3 gave no sound answer for the object however often it was asked:"
    " upload it again, or leave it out",
    "TOO_MUCH_MEMORY": "the image takes more memory than there is for one:"
    " give functions more memory, the fleet a larger instance type, or take a larger machine",
    "OUTPUT_KEY_TOO_LONG": "the key has more than 900 bytes, which leaves too little for that of the normalised image",
    "OUTPUT_TOO_LARGE": "a side of the image is longer than 65500 pixels, the most of a JPEG: write PNG or npy",
    "SIZE_DIFFERS": "the image has another width or height than those it is compared with: scale it to theirs",
    "SCORES_NOT_FINITE": "the model gave scores for the image that are no finite numbers: check the model",
}
"""Codes and messages of src/contract/row.ts."""

OPERATION_STATISTICS = {
    "mean": ("sum", "mean_e6"),
    "max": ("max",),
    "min": ("min",),
    "minmax": ("min", "max"),
    "stats": ("sum", "sumSq", "min", "max", "mean_e6"),
}


class Measured(NamedTuple):
    """What became of one image; `detail` is the decoder's own message, for logs and never part of a row."""

    row: dict[str, Any]
    decode_ms: float
    compute_ms: float
    detail: str | None = None
    file: bytes | bytearray | None = None
    """The normalised image, where that is what was asked for."""
    dropped_bits: bool = False
    """Whether it has 16 bits a sample, of which the row knows the high 8."""
    left_to: str | None = None
    """The name of the kernel that it was left to by the one that was asked."""


def failed_row(key: str, code: str) -> dict[str, Any]:
    return {"key": key, "error": {"code": code, "message": IMAGE_ERRORS[code]}}


def serialize_row(row: dict[str, Any]) -> str:
    """The one text form of a row, the same as `serializeRow` in TypeScript."""
    return json.dumps(row, ensure_ascii=False, separators=(",", ":"))


def measured_row(
    key: str, still: Still, find: Callable[[str], list[int]], operation: str, *, is_deep: bool = False
) -> dict[str, Any]:
    """The row of an operation; `find` gives the sum, sumSq, min or max of grey, or of R, G and B."""
    row: dict[str, Any] = {"key": key, "width": still.width, "height": still.height, "channels": 3}
    if is_deep:
        row["depth"] = 16
    pixels = still.width * still.height
    sums = find("sum")
    for statistic in OPERATION_STATISTICS[operation]:
        if statistic == "mean_e6":
            values = [(2_000_000 * total + pixels) // (2 * pixels) for total in sums]
        else:
            values = sums if statistic == "sum" else find(statistic)
        row[statistic] = values * 3 if len(values) == 1 else values
    return row


def normalised_row(key: str, still: Still, own: dict[str, list[int]], output: dict[str, Any]) -> dict[str, Any]:
    """The row of an image that was normalised: its `own` smallest and largest values, and what vouches for its file."""
    depth = {"depth": 16} if still.deep else {}
    return {"key": key, "width": still.width, "height": still.height, "channels": 3, **depth, **own, "output": output}
