"""Which way a client goes to a host: direct or through a proxy.

Linux has several places where a proxy can be named. That the managed JSON wins over the local command is documented
(defender-docs linux-preferences.md); the rest of the order is the lab's: `mdatp config proxy`, then the service's
environment, then /etc/environment, then none.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from mdelab.model.proxy import Proxy


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


def choose(candidates: Sequence[Candidate]) -> Route:
    """The first candidate that names a proxy wins; without any the route is direct.

    candidates: strongest first.
    """
    for index, candidate in enumerate(candidates):
        if candidate.proxy is not None:
            return Route(source=candidate.source, proxy=candidate.proxy, passed_over=tuple(candidates[index + 1 :]))
    return Route(source="none", proxy=None)
