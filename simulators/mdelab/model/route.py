"""Which way a client goes to a host: direct or through a proxy.

Linux has several places where a proxy can be named. That the managed JSON wins over the local command is documented
(defender-docs linux-preferences.md); the rest of the order is the lab's: `mdatp config proxy`, then the service's
environment, then /etc/environment, then none.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from mdelab.model.errors import LabError


@dataclass(frozen=True, slots=True, kw_only=True)
class Proxy:
    """An HTTP proxy that is asked for tunnels."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"http://{self.host}:{self.port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One place where a route can be set, and what it says there."""

    source: str
    """Where: `managed`, `mdatp`, `service`, `environment`, `none`."""
    proxy: Proxy | None
    """None means direct."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """The winner among the candidates."""

    source: str
    proxy: Proxy | None
    passed_over: tuple[Candidate, ...] = ()
    """The candidates that lost, strongest first: a diagnosis shows them."""


def parse_proxy(text: str, *, where: str) -> Proxy:
    """Read `http://host:port` or `http://host:port/`.

    where: names the setting for the message. Raises LabError for another scheme, a missing port, credentials or a path.
    """
    hint = f"Write {where} as http://HOST:PORT, for example http://10.0.0.6:8080."
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise LabError(f"{where} {text!r} is not a proxy URL: {error}. {hint}") from error
    if parts.scheme != "http":
        raise LabError(
            f"{where} {text!r} has scheme {parts.scheme or 'none'!r}; the agent speaks http to a proxy. {hint}"
        )
    if not parts.hostname or port is None:
        raise LabError(f"{where} {text!r} lacks a host or a port. {hint}")
    if parts.username is not None:
        # The text is not quoted: messages end up in logs, where no password belongs.
        raise LabError(f"{where} holds credentials; authenticated proxies are not supported. {hint}")
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        raise LabError(f"{where} {text!r} has a path. {hint}")
    return Proxy(host=parts.hostname, port=port)


def choose(candidates: Sequence[Candidate]) -> Route:
    """The first candidate that names a proxy wins; without any the route is direct.

    candidates: strongest first.
    """
    for index, candidate in enumerate(candidates):
        if candidate.proxy is not None:
            return Route(source=candidate.source, proxy=candidate.proxy, passed_over=tuple(candidates[index + 1 :]))
    return Route(source="none", proxy=None)
