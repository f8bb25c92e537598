"""One attempt to reach a host: what is wanted, how far it has come, and the end that a failed step makes of it."""

from collections.abc import Hashable
from dataclasses import dataclass

from mdelab.endpoint.outcome import Failure
from mdelab.endpoint.wire import Wire
from mdelab.model.evidence import Purpose, Step
from mdelab.model.proxy import Proxy
from mdelab.model.trust import Trust
from mdelab.model.work import Address


@dataclass(frozen=True, slots=True)
class Wanted:
    """What makes a connection fit for another request."""

    host: str
    port: int
    trust: Trust
    roots: bytes
    """PEM; what `trust` means on this device now."""
    settings: Hashable
    """What the route followed from."""
    purpose: Purpose

    def by(self, proxy: Proxy | None) -> "Target":
        return Target(self.host, self.port, self.trust, self.roots, proxy, self.purpose)


@dataclass(frozen=True, slots=True)
class Target:
    """Where a connection is to lead, and by which way."""

    host: str
    port: int
    trust: Trust
    roots: bytes
    proxy: Proxy | None
    purpose: Purpose


class Stopped(Exception):
    """A step failed; the failure is recorded already."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.text)
        self.failure = failure


class Progress:
    """How far a request has come: what a time-out says."""

    __slots__ = ("ends", "host", "step")

    def __init__(self, host: str) -> None:
        self.host = host
        self.step: Step = "dns"
        self.ends: tuple[Address, Address] | None = None

    def at(self, step: Step, wire: Wire | None = None) -> None:
        self.step = step
        self.ends = wire.ends if wire is not None else None
