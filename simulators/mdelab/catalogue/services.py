"""The simulated hosts: which channel they belong to, what a client trusts there, and how their probes answer."""

from functools import cache, lru_cache
from typing import Literal
from urllib.parse import urlsplit

import msgspec

from mdelab.catalogue.read import read
from mdelab.model.basis import Basis
from mdelab.model.names import matches
from mdelab.model.package import Connectivity
from mdelab.model.platform import Platform
from mdelab.model.trust import Trust

Answering = Literal["device", "entra", "mde-api", "portal", "packages", "downloads", "revocation"]
"""Which service of the mock cloud answers for a host."""


class Service(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One row of the documented URL lists."""

    host: str
    """A host name, or `*.suffix`."""
    port: int = 443
    channel: str
    """`cloud-protection`, `command-and-control`, `cyber-telemetry`, `samples`, `updates`, `revocation`, `identity`, ..."""
    answers: Answering
    trust: Trust
    """What the agent trusts on this channel; other programs use the OS store everywhere."""
    connectivity: tuple[Connectivity, ...] = ("standard", "streamlined")
    geography: str = "WW"
    basis: Basis
    source: str


class Probe(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One URL of `mdatp connectivity test`, and what an unauthenticated request to it answers."""

    url: str
    method: Literal["GET", "HEAD"] = "GET"
    status: int = 200
    body: str = "OK"
    connectivity: Connectivity = "standard"
    geography: str = "WW"
    """`WW` rows are tested by every device; others only by devices of that geography (streamlined)."""
    platforms: tuple[Platform, ...]
    """Whose client tests it; none for a URL that only other tools test."""
    basis: Basis
    source: str


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    service: tuple[Service, ...]
    probe: tuple[Probe, ...]


def services() -> tuple[Service, ...]:
    return read_services().service


@cache
def read_services() -> _File:
    return read("services.toml", _File)


@lru_cache(maxsize=4096)  # clients choose the names
def service_for(host: str) -> Service | None:
    """The row of a host name; the most exact pattern wins. None when the lab does not simulate it."""
    rows = [row for row in services() if matches(row.host, host)]
    return max(rows, key=lambda row: (not row.host.startswith("*"), len(row.host)), default=None)


def probes(connectivity: Connectivity, platform: Platform, geography: str) -> tuple[Probe, ...]:
    """The connectivity test's URLs in the documented order."""
    return tuple(
        row
        for row in read_services().probe
        if row.connectivity == connectivity and platform in row.platforms and row.geography in ("WW", geography)
    )


_OF_DEVICES = (
    "cloud-protection",
    "command-and-control",
    "cyber-telemetry",
    "streamlined",
    "samples",
    "updates",
    "revocation",
)
"""The channels that a device itself uses; the others are for people and their tools."""


@cache
def documented_urls() -> tuple[str, ...]:
    """What a device must reach: the URLs of the connectivity tests, then every other documented host, in its list's order."""
    urls = [row.url for row in read_services().probe]
    tested = {urlsplit(url).hostname for url in urls}
    urls += [
        f"{'http' if row.port == 80 else 'https'}://{row.host}/"
        for row in services()
        if row.channel in _OF_DEVICES and "*" not in row.host and row.host not in tested
    ]
    return tuple(dict.fromkeys(urls))


@cache
def pinned_hosts() -> tuple[str, ...]:
    """The hosts, or `*.suffix`, on which the agent believes its own roots only: an inspecting proxy must pass them on unread."""
    return tuple(dict.fromkeys(row.host for row in services() if row.trust is Trust.ROOT_SET))


@cache
def simulated_suffixes() -> tuple[str, ...]:
    """The registrable parts of all simulated names, such as `microsoft.com`: what the lab's CAs may sign for."""
    return tuple(sorted({".".join(row.host.split(".")[-2:]) for row in services()}))
