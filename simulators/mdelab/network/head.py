"""The head of one request to a forward proxy: read from a stream, strict and bounded.

Only what a proxy must know is parsed. Bodies are passed on unread by `mdelab.network.splice`.
"""

import asyncio
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from mdelab.model.errors import PeerError

MAX_HEAD_BYTES = 16_384
"""As much as nginx and squid accept by default, give or take; a longer head is an attack or a mistake."""

_REQUEST_LINE = re.compile(rb"([A-Z][A-Z-]{0,31}) (\S{1,8192}) HTTP/1\.[01]")
_FIELD = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\t\x20-\x7e\x80-\xff]*)")
_HOST = re.compile(r"[A-Za-z0-9_.-]{1,255}|\[[0-9A-Fa-f:.]{2,45}\]")

_HOP_BY_HOP = frozenset({"proxy-authorization", "proxy-connection", "connection", "keep-alive"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """One request head."""

    method: str
    host: str
    """The host name that the client asks for, in lower case; IPv6 addresses without brackets."""
    port: int
    path: str
    """Path and query in origin form; "" for CONNECT."""
    fields: tuple[tuple[str, str], ...]
    """Header fields in the order of the wire; values as Latin-1."""

    @property
    def is_connect(self) -> bool:
        return self.method == "CONNECT"

    def field(self, name: str) -> str:
        """The first value of a header field, "" when it is absent. name: in lower case."""
        return next((value for field, value in self.fields if field.lower() == name), "")

    def onward(self) -> bytes:
        """The head as a proxy sends it to the origin server: origin form, no fields meant for the proxy, no keep-alive."""
        lines = [f"{self.method} {self.path} HTTP/1.1"]
        lines += [f"{name}: {value}" for name, value in self.fields if name.lower() not in _HOP_BY_HOP]
        lines += ["Connection: close", "", ""]
        return "\r\n".join(lines).encode("latin-1")


async def read_head(reader: asyncio.StreamReader) -> Head | None:
    """Read one head. None when the client closed without a byte.

    reader: made with `limit=MAX_HEAD_BYTES`. Raises PeerError for anything that is not a proxy request.
    """
    try:
        data = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as error:
        if not error.partial:
            return None
        raise PeerError("the request ended inside its head", error.partial) from error
    except asyncio.LimitOverrunError as error:
        raise PeerError(f"the request head is longer than {MAX_HEAD_BYTES} bytes") from error
    return parse_head(data)


def parse_head(data: bytes) -> Head:
    """Parse a whole head, up to and including its empty line (RFC 9112 sections 3.2.2 and 3.2.3).

    Raises PeerError for anything but CONNECT host:port or an absolute http:// URL with well-formed fields.
    """
    request_line, *lines = data.removesuffix(b"\r\n\r\n").split(b"\r\n")
    match = _REQUEST_LINE.fullmatch(request_line)
    if match is None:
        raise PeerError("the first line is not an HTTP/1 request", data)
    fields: list[tuple[str, str]] = []
    for line in lines:
        field = _FIELD.fullmatch(line)
        if field is None:
            raise PeerError("a header line is malformed", data)
        fields.append((field[1].decode("ascii"), field[2].decode("latin-1").strip(" \t")))
    method = match[1].decode("ascii")
    try:
        host, port, path = _target(method, match[2].decode("ascii"))
    except ValueError as error:
        raise PeerError(f"the request target cannot be used: {error}", data) from error
    return Head(method=method, host=host, port=port, path=path, fields=tuple(fields))


def _target(method: str, target: str) -> tuple[str, int, str]:
    """Host, port and path of a request target. Raises ValueError."""
    if method == "CONNECT":
        host, colon, digits = target.rpartition(":")
        if not colon or not re.fullmatch(r"[0-9]{1,5}", digits) or not 0 < int(digits) < 65536:
            raise ValueError("CONNECT needs host:port")
        return _host(host), int(digits), ""
    parts = urlsplit(target)
    if parts.scheme != "http":
        raise ValueError("a proxy is asked with CONNECT or with an absolute http:// URL")
    if parts.username is not None or not parts.netloc:
        raise ValueError("the URL has credentials or no host")
    host = parts.hostname or ""
    path = parts.path or "/"
    return (
        _host(f"[{host}]" if ":" in host else host),
        parts.port or 80,
        f"{path}?{parts.query}" if parts.query else path,
    )


def _host(text: str) -> str:
    if not _HOST.fullmatch(text):
        raise ValueError("the host is not a name or an address")
    return text.strip("[]").lower().rstrip(".")
