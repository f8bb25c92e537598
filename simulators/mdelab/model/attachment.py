"""How an endpoint is attached to the network: its address, its resolver, and the files that its trust comes from."""

import errno
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

from mdelab.model.work import Address

Lead = Callable[[str, int], Awaitable[Address | None]]
"""(host, port) -> somewhere else; None for the plain way."""


async def _straight(host: str, port: int) -> Address | None:
    """Nothing stands in the way."""
    return None


@dataclass(slots=True)
class Link:
    """The cable itself."""

    is_up: bool = True

    def check(self) -> None:
        """Raise what a system says whose only interface has no link: OSError with ENETUNREACH."""
        if not self.is_up:
            raise OSError(errno.ENETUNREACH, os.strerror(errno.ENETUNREACH))


_NO_NETWORK = (errno.ENETUNREACH, errno.EADDRNOTAVAIL, errno.ENETDOWN)


def is_without_network(error: OSError) -> bool:
    """Whether a system says that it has no network; without an interface its address cannot be bound."""
    # uvloop tells no number where it cannot bind a datagram socket.
    return error.errno in _NO_NETWORK or (error.errno is None and "could not bind" in str(error))


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """The endpoint's end of the cable."""

    address: str
    """The source address of every connection of the endpoint."""
    resolver: Address
    """The DNS server that it asks, over UDP."""
    link: Link = field(default_factory=Link)
    ports: dict[Address, Address] = field(default_factory=dict)
    """Asked for -> really bound. See `mdelab.model.zone`."""
    lead: Lead = _straight
    """Where a direct connection to (host, port) is led instead, while something stands in its way; asked for each one."""
    proxies: dict[str, str] = field(default_factory=dict)
    """Hop name -> http://host:port as this endpoint reaches it."""
    pac_urls: dict[str, str] = field(default_factory=dict)
    """Hop name -> URL of the PAC file that it serves."""
    root_set: Path
    """PEM file: the only roots that pinned channels believe."""
    public_roots: Path
    """PEM file: what a fresh OS store holds."""
    interception_cas: dict[str, Path] = field(default_factory=dict)
    """Hop name -> PEM file of the CA with which that hop inspects."""
    package_roots: Path
    """PEM file: the signing authorities of packages that the agent ships."""

    async def dial(self, host: str, address: Address) -> Address:
        """Where to connect in order to reach `address`, which is the one of `host`."""
        return await self.lead(host, address[1]) or self.ports.get(address, address)
