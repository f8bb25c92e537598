"""A proxy auto-config file by its rules: how its bytes become a script, what the script is asked, and what it may answer.

Pure. Who fetches such a file and runs the script is `mdelab.endpoint.pac`; which routes follow is `mdelab.model.route`.
The words are those of the language surface that browsers share; deviations of platforms are data
(`mdelab.catalogue.platforms`).
"""

import codecs
import re
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit, urlunsplit

from mdelab.model.errors import LabError
from mdelab.model.proxy import Proxy

MOST_BYTES = 1_048_576
"""WinHTTP and Chrome refuse a larger file (win32 WinHttp/autoproxy-issues-in-winhttp.md; chromium net/docs/proxy.md)."""

_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_CHARSET = re.compile(r"""charset\s*=\s*["']?([^"'\s;]+)""", re.IGNORECASE)

_PORTS = {"PROXY": 80}
"""The one kind of proxy that the agent speaks to, with the port that Chrome takes when none is named."""

_OTHERS = ("SOCKS", "SOCKS4", "SOCKS5", "HTTPS", "HTTP", "QUIC")
"""Kinds that engines know and the agent does not speak; `HTTP` is Firefox's spelling."""


class Problem(StrEnum):
    """Why a PAC file, or the search for one, gave no answer. The platforms' numbers for each are catalogue data."""

    NOT_FOUND = "wpad-no-record"
    SERVICE_OFF = "wpad-service-disabled"
    BAD_URL = "pac-bad-url"
    NAME = "pac-name-unknown"
    UNREACHABLE = "pac-unreachable"
    AUTHENTICATION = "pac-401"
    STATUS = "pac-404"
    TOO_LARGE = "pac-too-large"
    ENCODING = "pac-encoding"
    HTML = "pac-html-portal"
    SYNTAX = "pac-syntax-error"
    NO_FUNCTION = "pac-no-function"
    RUNTIME = "pac-runtime-error"
    OUT_OF_TIME = "pac-endless-loop"
    OUT_OF_MEMORY = "pac-out-of-memory"
    TOO_DEEP = "pac-too-deep"
    NAMES = "pac-too-many-names"
    RESULT = "pac-bad-result"
    ENGINE = "pac-engine-lost"


@dataclass(frozen=True, slots=True, kw_only=True)
class PacFailure:
    """No answer, and why."""

    problem: Problem
    text: str
    """What happened, for people."""
    line: int = 0
    """Of the script; 0 when the problem is not in one line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """A PAC file as an engine is given it."""

    text: str
    encoding: str
    """How the bytes were read: `utf-8-sig`, `utf-16`, `iso8859-1`, ..."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a script said about one URL."""

    ways: tuple[Proxy | None, ...]
    """In the script's order; None is direct. Never empty."""
    note: PacFailure | None = None
    """What was wrong with the answer although it was used: engines take an empty one as DIRECT, which is seldom meant."""
    passed_over: tuple[str, ...] = ()
    """Entries that the agent cannot use, such as `SOCKS5 10.0.0.6:1080`."""


def decode(content: bytes, content_type: str = "") -> Script | PacFailure:
    """The script in a file: by the charset of its header, else its byte order mark, else as ISO-8859-1.

    content_type: of the answer that brought it; "" for a file of the disk.
    """
    if len(content) > MOST_BYTES:
        text = f"the PAC file has {len(content):,} bytes and engines take {MOST_BYTES:,} at most"
        return PacFailure(problem=Problem.TOO_LARGE, text=text)
    encoding = _encoding(content, content_type)
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        why = f"the PAC file is not {encoding} at byte {error.start}, which its header or byte order mark promises"
        return PacFailure(problem=Problem.ENCODING, text=why)
    if "\0" in text:
        why = "the PAC file holds zero bytes: it looks like UTF-16 without a byte order mark. Save it as UTF-8"
        return PacFailure(problem=Problem.ENCODING, text=why)
    if text.lstrip().startswith("<"):
        why = "the PAC file is an HTML page and no script: a portal or an error page answered for it"
        return PacFailure(problem=Problem.HTML, text=why, line=1)
    return Script(text=text, encoding=encoding)


def _encoding(content: bytes, content_type: str) -> str:
    marked = next((name for mark, name in _BOMS if content.startswith(mark)), "")
    if named := _CHARSET.search(content_type):
        try:
            name = codecs.lookup(named[1]).name
        except LookupError:
            name = ""
        # A mark is no part of the script, whatever the header says.
        if name:
            return "utf-8-sig" if name == "utf-8" else "utf-16" if name.startswith("utf-16") and marked else name
    return marked or "iso8859-1"


def asked_about(url: str, *, is_whole: bool) -> tuple[str, str]:
    """(URL, host) as a script is given them: no user, no fragment, the host without brackets.

    is_whole: whether an https URL keeps path and query; Chrome takes them off, since a script may tell them to anybody.
    Raises LabError for what is no http(s) URL.
    """
    advice = "Write it as https://HOST/PATH."
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise LabError(f"{url!r} is not a URL: {error}. {advice}") from error
    if parts.scheme not in ("http", "https") or not host:
        raise LabError(f"{url!r} is not a URL of a web service. {advice}")
    place = f"[{host}]" if ":" in host else host
    place = f"{place}:{port}" if port else place
    keeps = is_whole or parts.scheme == "http"
    path, query = (parts.path or "/", parts.query) if keeps else ("/", "")
    return urlunsplit((parts.scheme, place, path, query, "")), host


def read_answer(value: str | None) -> Answer:
    """Read what FindProxyForURL returned. value: None for null, undefined and whatever is no string."""
    ways: list[Proxy | None] = []
    others: list[str] = []
    for entry in (value or "").split(";"):
        words = entry.split()
        if not words:
            continue
        way = _way(words)
        if isinstance(way, str):
            others.append(way)
        else:
            ways.append(way)
    if ways:
        return Answer(ways=tuple(dict.fromkeys(ways)), passed_over=tuple(others))
    said = "nothing" if not (value or "").strip() else repr(value)
    text = f"the PAC script answered {said}, which names no proxy that can be used; engines take that as DIRECT"
    return Answer(ways=(None,), note=PacFailure(problem=Problem.RESULT, text=text), passed_over=tuple(others))


def _way(words: list[str]) -> Proxy | str | None:
    """One entry; a string for one that cannot be used."""
    kind, place = words[0].upper(), "".join(words[1:])
    if kind == "DIRECT" and not place:
        return None
    if kind not in _PORTS:
        known = kind in _OTHERS
        return f"{' '.join(words)} (the agent speaks http to a proxy)" if known else f"{' '.join(words)} (unknown)"
    host, port = _place(place, _PORTS[kind])
    return Proxy(host=host, port=port) if host and port else f"{' '.join(words)} (no host and port)"


def _place(text: str, default: int) -> tuple[str, int]:
    try:
        parts = urlsplit(f"//{text}")
        port = default if parts.port is None else parts.port
    except ValueError:
        return "", 0
    bare = parts.username is None and not (parts.path or parts.query or parts.fragment)
    return (parts.hostname or "", port) if bare else ("", 0)
