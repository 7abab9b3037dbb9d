"""The instance metadata service, version 2."""

import os
import urllib.request
from urllib.error import HTTPError

TOKEN_TTL_S = 21_600
"""The longest that there is; a token that is refused is replaced."""


class Metadata:
    def __init__(self, endpoint: str | None = None) -> None:
        base = endpoint or os.environ.get("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://169.254.169.254")
        self._base = base.rstrip("/") + "/latest/"
        self._token = ""

    def get(self, path: str) -> str | None:
        """What is at `meta-data/<path>`, or None if there is nothing. Raises OSError if the service does not answer."""
        try:
            return self._get(path)
        except HTTPError as error:
            if error.code == 404:
                return None
            if error.code != 401:
                raise
        self._token = _http(self._base + "api/token", "PUT", {"X-aws-ec2-metadata-token-ttl-seconds": str(TOKEN_TTL_S)})
        try:
            return self._get(path)
        except HTTPError as error:
            if error.code == 404:
                return None
            raise

    def _get(self, path: str) -> str:
        return _http(f"{self._base}meta-data/{path}", "GET", {"X-aws-ec2-metadata-token": self._token})


def _http(url: str, method: str, headers: dict[str, str]) -> str:
    request = urllib.request.Request(url, method=method, headers=headers)
    with urllib.request.urlopen(request, timeout=5) as answer:
        return answer.read().decode()
