"""What AWS says when it refuses."""

from botocore.exceptions import ClientError


def refusal(code, status=400, message=""):
    metadata = {"HTTPStatusCode": status}
    return ClientError({"Error": {"Code": code, "Message": message}, "ResponseMetadata": metadata}, "GetObject")
