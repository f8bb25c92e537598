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
    compatible: tuple[str, ...]
    """The releases that the client is for: `9` is every 9.x, `9.2+` every 9.x from 9.2 on."""
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


def is_compatible(name: str, release: str) -> bool:
    """Whether the distribution is on the list of those that the client is for. Raises LabError for an unknown one."""
    return any(_fits(release, wanted) for wanted in distribution(name).compatible)


def _fits(release: str, wanted: str) -> bool:
    if not wanted.endswith("+"):
        return release == wanted or release.startswith(f"{wanted}.")
    found, least = _numbers(release), _numbers(wanted.removesuffix("+"))
    return found[:1] == least[:1] and found >= least


def _numbers(release: str) -> list[int]:
    return [int(part) if part.isdecimal() else 0 for part in release.split(".")]
