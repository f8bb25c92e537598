"""Connections as an HTTP Archive (HAR 1.2), which browsers' tools and proxies read.

An archive knows exchanges only, so a connection that came to none is one too: method CONNECT, the proxy's status or 0, and the
error as its text. What the format has no place for is in `_mdelab`, as it allows for names that begin with an underscore.
Times are the tenant's; durations are not recorded and therefore 0.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Literal
from urllib.parse import parse_qsl, urlsplit

import msgspec

from mdelab import __version__
from mdelab.model.evidence import Connection, Evidence, Step

_UNKNOWN = -1
"""What the format has for a size that is not known."""


class _Pair(msgspec.Struct, frozen=True):
    name: str
    value: str


class _Request(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    method: str
    url: str
    http_version: str = "HTTP/1.1"
    cookies: tuple[_Pair, ...] = ()
    headers: tuple[_Pair, ...] = ()
    query_string: tuple[_Pair, ...] = ()
    headers_size: int = _UNKNOWN
    body_size: int = _UNKNOWN


class _Content(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    size: int = 0
    mime_type: str = "x-unknown"


class _Response(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    status: int
    status_text: str
    http_version: str = "HTTP/1.1"
    cookies: tuple[_Pair, ...] = ()
    headers: tuple[_Pair, ...] = ()
    content: _Content = _Content()
    redirect_url: str = msgspec.field(default="", name="redirectURL")
    headers_size: int = _UNKNOWN
    body_size: int = _UNKNOWN


class _Cache(msgspec.Struct, frozen=True):
    pass


class _Timings(msgspec.Struct, frozen=True):
    send: int = 0
    wait: int = 0
    receive: int = 0


class _Seen(msgspec.Struct, frozen=True, kw_only=True):
    """`_mdelab`: what was seen of the connection besides."""

    id: int
    endpoint: str
    purpose: str
    reached: Step | Literal["none"]
    """The last step that was seen."""
    error: str
    curl_code: int
    observers: list[str]
    records: list[Evidence]


class _Entry(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    started_date_time: datetime
    time: int = 0
    request: _Request
    response: _Response
    cache: _Cache = _Cache()
    timings: _Timings = _Timings()
    connection: str
    seen: _Seen = msgspec.field(name="_mdelab")


class _Creator(msgspec.Struct, frozen=True):
    name: str = "mdelab"
    version: str = __version__


class _Log(msgspec.Struct, frozen=True, kw_only=True):
    version: str = "1.2"
    creator: _Creator = _Creator()
    entries: tuple[_Entry, ...]


class _Archive(msgspec.Struct, frozen=True):
    log: _Log


def har(connections: Sequence[Connection]) -> bytes:
    """The archive of `connections`, UTF-8."""
    entries = tuple(entry for connection in connections for entry in _entries(connection))
    return msgspec.json.format(msgspec.json.encode(_Archive(_Log(entries=entries))), indent=2) + b"\n"


def failure(connection: Connection) -> Evidence | None:
    """The record in which the connection broke: the client's own, else anybody's; None when nothing failed."""
    broken = [record for record in connection.records if record.error]
    return next((record for record in broken if record.purpose is not None), broken[0] if broken else None)


def reached(connection: Connection) -> Step | Literal["none"]:
    """The last step that anybody saw."""
    return connection.records[-1].step if connection.records else "none"


def exchanges(connection: Connection) -> list[Evidence]:
    """The exchanges that the client saw; where it tells nothing (it is no endpoint), those of the last who read them."""
    seen = [record for record in connection.records if record.http is not None]
    own = [record for record in seen if record.purpose is not None]
    return own or [record for record in seen if record.observer == seen[-1].observer]


def _entries(connection: Connection) -> list[_Entry]:
    found = [_exchange(connection, record) for record in exchanges(connection)]
    return found or [_attempt(connection)]


def _exchange(connection: Connection, record: Evidence) -> _Entry:
    assert record.http is not None
    url = f"{_scheme(connection)}://{connection.name or 'unknown'}{record.http.path}"
    query = tuple(_Pair(name, value) for name, value in parse_qsl(urlsplit(url).query, keep_blank_values=True))
    request = _Request(method=record.http.method, url=url, query_string=query)
    status = record.http.status
    return _entry(connection, record, request, _Response(status=status, status_text=record.error or _phrase(status)))


def _attempt(connection: Connection) -> _Entry:
    """A connection without an exchange."""
    broke = failure(connection) or connection.records[-1]
    status = next((record.connect_status for record in connection.records if record.connect_status), 0)
    refused = status if broke.step == "tunnel" else 0
    request = _Request(method="CONNECT", url=f"{_scheme(connection)}://{connection.name or 'unknown'}/")
    text = broke.error or f"nothing was seen after {broke.step}"
    return _entry(connection, broke, request, _Response(status=refused, status_text=text))


def _entry(connection: Connection, record: Evidence, request: _Request, response: _Response) -> _Entry:
    broke = failure(connection)
    return _Entry(
        started_date_time=record.at or datetime.fromtimestamp(0, UTC),
        request=request,
        response=response,
        connection=str(connection.id),
        seen=_Seen(
            id=connection.id,
            endpoint=connection.endpoint,
            purpose=connection.purpose or "",
            reached=reached(connection),
            error=broke.error if broke else "",
            curl_code=broke.curl_code if broke else 0,
            observers=connection.observers,
            records=connection.records,
        ),
    )


def _scheme(connection: Connection) -> str:
    """A connection on which nobody asked for TLS or a tunnel, and that came further than TCP, is plain."""
    steps = {record.step for record in connection.records}
    return "http" if "http" in steps and not steps & {"tls", "tunnel"} else "https"


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "unanswered" if not status else ""
