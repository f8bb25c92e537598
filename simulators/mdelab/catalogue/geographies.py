"""Where the packages of a geography send their devices."""

from functools import cache

import msgspec

from mdelab.catalogue.read import read
from mdelab.model.basis import Basis


class Geography(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: str
    """`vortexGeoLocation` of a package."""
    datacenter: str
    command: str
    """`geoLocationUrl` of a standard package; ends in a slash."""
    streamlined_command: str
    streamlined_cyber: str
    """`vortexServerUrl` of a streamlined package."""
    gateway: str
    """`partnerGeoLocation` of a streamlined package."""
    basis: Basis
    source: str


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    geography: tuple[Geography, ...]


@cache
def geographies() -> dict[str, Geography]:
    """By name."""
    return {row.name: row for row in read("geographies.toml", _File).geography}
