"""Linux distributions that a device can run."""

from functools import cache
from typing import Literal

import msgspec

from mdelab.catalogue.read import read
from mdelab.model.basis import Basis
from mdelab.model.errors import LabError


class Distribution(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    id: str
    """ID of /etc/os-release: `DeviceSpec.distribution`."""
    name: str
    pretty: str
    """PRETTY_NAME, with `{release}`."""
    id_like: str
    packages: Literal["deb", "rpm"]
    api_platform: str
    """`osPlatform` in the MDE API."""
    basis: Basis
    source: str


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    distribution: tuple[Distribution, ...]


@cache
def distributions() -> tuple[Distribution, ...]:
    return read("distributions.toml", _File).distribution


def distribution(name: str) -> Distribution:
    """The row of an ID. Raises LabError that lists the known ones."""
    for row in distributions():
        if row.id == name:
            return row
    known = ", ".join(row.id for row in distributions())
    raise LabError(f"the lab does not know the Linux distribution {name!r}. Use one of: {known}.")
