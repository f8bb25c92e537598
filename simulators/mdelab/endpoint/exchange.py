"""One HTTP/1.1 exchange over a wire: the request's bytes, and a parser that knows when the answer is whole."""

import asyncio
import ssl

import httptools

from mdelab.endpoint.contexts import openssl_words
from mdelab.endpoint.outcome import Failure, Reply
from mdelab.endpoint.wire import Wire

MOST_BODY_BYTES = 33_554_432
"""A larger answer is broken off: nothing that an agent asks for is larger."""

MOST_HEAD_BYTES = 131_072


def request_bytes(method: str, target: str, headers: dict[str, str], body: bytes) -> bytes:
    """The request as it goes over the wire; Content-Length is added for a body and for every POST."""
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    if body or method in ("POST", "PUT", "PATCH"):
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


class Exchange:
    """Reads one answer. `outcome` is done when it is whole or can no longer come."""

    __slots__ = (
        "_body",
        "_head_bytes",
        "_headers",
        "_is_head",
        "_keeps",
        "_parser",
        "_size",
        "_status",
        "_wire",
        "outcome",
    )

    def __init__(self, wire: Wire, method: str) -> None:
        self._wire = wire
        self._is_head = method == "HEAD"
        self._parser = httptools.HttpResponseParser(self)
        self._headers: dict[str, str] = {}
        self._head_bytes = 0
        self._body: list[bytes] = []
        self._size = 0
        self._status = 0
        self._keeps = False
        self.outcome: asyncio.Future[Reply | Failure] = asyncio.get_running_loop().create_future()
        wire.receive = self._received
        wire.ended = self._ended

    @property
    def has_begun(self) -> bool:
        """Whether a byte of the answer has come."""
        return self._head_bytes > 0

    @property
    def may_go_on(self) -> bool:
        """Whether the connection can carry another exchange; asked for when the answer is whole."""
        return self._keeps and not self._wire.is_closed

    # httptools calls these

    def on_header(self, name: bytes, value: bytes) -> None:
        key = name.decode("latin-1").lower()
        text = value.decode("latin-1")
        self._headers[key] = f"{self._headers[key]}, {text}" if key in self._headers else text

    def on_headers_complete(self) -> None:
        self._status = self._parser.get_status_code()
        if self._is_head and self._status >= 200:
            self._keeps = bool(self._parser.should_keep_alive())
            self._finish(Reply(self._status, self._headers))

    def on_body(self, data: bytes) -> None:
        self._size += len(data)
        if self._size > MOST_BODY_BYTES:
            self._finish(Failure("http", 63, "Maximum file size exceeded"))
        else:
            self._body.append(data)

    def on_message_complete(self) -> None:
        if self._status >= 200:
            # Outside the parser's callbacks the question would be about the next message.
            self._keeps = bool(self._parser.should_keep_alive())
            self._finish(Reply(self._status, self._headers, b"".join(self._body)))
        else:
            # An interim answer (100, 103): the real one follows.
            self._headers = {}
            self._status = 0

    # the wire calls these

    def _received(self, data: bytes) -> None:
        if not self._status:
            self._head_bytes += len(data)
            if self._head_bytes > MOST_HEAD_BYTES:
                self._finish(Failure("http", 56, "Too large response headers"))
                return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._finish(Failure("http", 56, "the server switched protocols"))
        except httptools.HttpParserError:
            self._finish(Failure("http", 1, "Received HTTP/0.9 when not allowed"))

    def _ended(self, error: Exception | None) -> None:
        if self.outcome.done():
            return
        if isinstance(error, ssl.SSLError):
            self._finish(Failure("http", 56, f"OpenSSL SSL_read: {openssl_words(error)}"))
        elif isinstance(error, ConnectionResetError):
            self._finish(Failure("http", 56, "Recv failure: Connection reset by peer"))
        elif not self.has_begun:
            self._finish(Failure("http", 52, "Empty reply from server"))
        elif self._status and "content-length" not in self._headers and "transfer-encoding" not in self._headers:
            # Without a length the end of the connection is the end of the body (RFC 9112 section 6.3).
            self._finish(Reply(self._status, self._headers, b"".join(self._body)))
        else:
            self._finish(Failure("http", 18, "transfer closed with outstanding read data remaining"))

    def _finish(self, outcome: Reply | Failure) -> None:
        if not self.outcome.done():
            self.outcome.set_result(outcome)
