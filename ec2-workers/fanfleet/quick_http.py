"""Requests to one endpoint by the standard library alone, on connections that are kept.

Whatever is no whole answer with status 200 is an error, redirects as well: keys go to nobody but the one who was asked.
"""

import http.client
import ssl
from collections import deque
from collections.abc import Mapping
from urllib.parse import SplitResult
from urllib.request import getproxies, proxy_bypass

TIMEOUT_S = 5.0

MOST_BYTES = 8 * 2**20
"""Of an answer."""

UNANSWERED = (OSError, http.client.HTTPException, ValueError, KeyError, TypeError, AttributeError)
"""No answer, a part of one, no JSON, or JSON of another form."""


class RefusedError(ValueError):
    def __init__(self, status: int) -> None:
        super().__init__(f"Expected an answer with status 200 but got {status}.")
        self.status = status


class QuickHttp:
    """Safe to share between threads."""

    def __init__(self, base: SplitResult, env: Mapping[str, str]) -> None:
        self._base = base
        self._ca_bundle = env.get("AWS_CA_BUNDLE")
        self._tls: ssl.SSLContext | None = None
        self._idle: deque[http.client.HTTPConnection] = deque()

    def ask(self, method: str, target: str, headers: Mapping[str, str], body: bytes = b"") -> bytes:
        """The body of the answer. Raises those of UNANSWERED, also where only a proxy leads there."""
        while True:
            try:
                connection, is_new = self._idle.pop(), False
            except IndexError:
                connection, is_new = self._connection(), True
            try:
                connection.request(method, target, body or None, {"User-Agent": "fanfleet", **headers})
                answer = connection.getresponse()
            except (OSError, http.client.HTTPException) as reason:
                connection.close()
                # A server ends connections that were idle; a new one that ends is another matter.
                if is_new or isinstance(reason, TimeoutError):
                    raise
                continue
            try:
                content = _whole(answer)
            except BaseException:
                connection.close()
                raise
            self._idle.append(connection)
            return content

    def _connection(self) -> http.client.HTTPConnection:
        scheme, host = self._base.scheme, self._base.netloc
        if scheme in getproxies() and not proxy_bypass(host):
            raise ValueError("Expected no proxy.")
        if scheme != "https":
            return http.client.HTTPConnection(host, timeout=TIMEOUT_S)
        # It reads all certificates, which takes longer than a request.
        self._tls = self._tls or ssl.create_default_context(cafile=self._ca_bundle)
        return http.client.HTTPSConnection(host, timeout=TIMEOUT_S, context=self._tls)


def _whole(answer: http.client.HTTPResponse) -> bytes:
    if answer.status != 200:
        raise RefusedError(answer.status)
    if not answer.chunked and int(answer.headers["content-length"]) > MOST_BYTES:
        raise ValueError("Expected a small answer.")
    # Without an amount it raises where something is missing; chunks raise also with one.
    content = answer.read(MOST_BYTES + 1) if answer.chunked else answer.read()
    if len(content) > MOST_BYTES:
        raise ValueError("Expected a small answer.")
    return content
