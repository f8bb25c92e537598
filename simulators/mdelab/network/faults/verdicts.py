"""What an action can ask of its place. Values only: the places act."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DnsVerdict:
    """How the name server answers."""

    rcode: str
    """As RFC 1035 and its successors name it; `NODATA` for an answer without an address, `SILENCE` for none."""


@dataclass(frozen=True, slots=True)
class Answered:
    """The proxy answers by itself and closes."""

    status: int
    text: str
    """The body, for people."""
    scheme: str = ""
    """The authentication that a 407 demands."""


@dataclass(frozen=True, slots=True)
class Aborted:
    """The proxy closes without an answer."""


@dataclass(frozen=True, slots=True)
class Held:
    """Whoever acts takes what comes and never says anything."""


@dataclass(frozen=True, slots=True)
class Inspected:
    """An inspecting proxy reads a name that is on its bypass list."""


@dataclass(frozen=True, slots=True)
class Reset:
    """The connection is reset when its first bytes were read."""


@dataclass(frozen=True, slots=True)
class Portal:
    """A captive portal answers in the place of whoever is asked."""

    page: str
    """Where it sends browsers."""


@dataclass(frozen=True, slots=True)
class Dropped:
    """The connection request vanishes."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """The connection request is refused."""


ProxyVerdict = Answered | Aborted | Held | Inspected
GatewayVerdict = Dropped | Rejected | Reset | Held | Portal
