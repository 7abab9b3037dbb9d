"""What a refusal of S3 says of the object that was asked for."""

import re

_BY_STATUS = {
    405: "OBJECT_UNREADABLE",
    409: "OBJECT_UNREADABLE",
    410: "OBJECT_UNREADABLE",
    412: "OBJECT_CHANGED",
    416: "OBJECT_CHANGED",
    451: "OBJECT_UNREADABLE",
}

_BY_CODE = {
    "NoSuchKey": "OBJECT_MISSING",
    "NoSuchVersion": "OBJECT_MISSING",
    "404": "OBJECT_MISSING",
    "InvalidObjectState": "OBJECT_ARCHIVED",
    "AccessDenied": "OBJECT_DENIED",
    "AllAccessDisabled": "OBJECT_DENIED",
    "403": "OBJECT_DENIED",
    "KMS.DisabledException": "OBJECT_KEY_UNUSABLE",
    "KMS.InvalidKeyUsageException": "OBJECT_KEY_UNUSABLE",
    "KMS.KMSInvalidStateException": "OBJECT_KEY_UNUSABLE",
    "KMS.NotFoundException": "OBJECT_KEY_UNUSABLE",
    "400": "OBJECT_UNREADABLE",
}
"""A number is an answer without S3's XML, or with a part of it."""


def object_error(status: int, code: str, message: str) -> str | None:
    """Its code for the row; None where the refusal concerns more than this object.

    The same in src/aws/object-error.ts, which says where the codes are from.
    """
    if code == "InvalidRequest" and re.search("encrypt", message, re.IGNORECASE):
        return "OBJECT_ENCRYPTED"
    return _BY_STATUS.get(status) or _BY_CODE.get(code)
