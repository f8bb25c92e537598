"""What the portal's download gives: names of zips and of the files in them, and how each file wraps the package.

The package itself is `mdelab.model.package`; the texts of the files are written by the cloud's portal.
"""

from functools import cache

import msgspec

from mdelab.catalogue.read import read
from mdelab.model.basis import Basis
from mdelab.model.errors import LabError
from mdelab.model.package import Kind
from mdelab.model.platform import Platform


class PackageBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the signed body of a platform's packages says beside tenant and geography."""

    platform: Platform
    onboarding_version: str
    offboarding_version: str
    device_type: str = ""
    """`deviceType` of an onboarding package; "" when it has none."""
    has_package_id: bool = False
    """Whether an onboarding package carries `packageGuid`."""
    basis: Basis
    source: str


class Download(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One download. In its names `{until}` stands for `valid_until_YYYY-MM-DD`."""

    platform: Platform
    kind: Kind
    method: str
    aliases: tuple[str, ...] = ()
    """Other words for the same method; `configuration` is what a management tool delivers, on every platform."""
    zip: str
    members: dict[str, str]
    """File name in the zip -> the form in which it wraps the package."""
    basis: Basis
    source: str


class Streamlined(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    zip_prefix: str
    basis: Basis
    source: str


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    streamlined: Streamlined
    body: tuple[PackageBody, ...]
    package: tuple[Download, ...]


def streamlined_prefix() -> str:
    """What stands before the name of a streamlined onboarding zip."""
    return read("packages.toml", _File).streamlined.zip_prefix


@cache
def downloads() -> tuple[Download, ...]:
    """All that the portal offers."""
    return read("packages.toml", _File).package


@cache
def package_body(platform: Platform) -> PackageBody:
    (row,) = [row for row in read("packages.toml", _File).body if row.platform is platform]
    return row


def downloads_of(platform: Platform, kind: Kind) -> list[Download]:
    """One for each of the platform's methods."""
    return [row for row in downloads() if row.platform is platform and row.kind == kind]


def download_of(platform: Platform, kind: Kind, method: str) -> Download:
    """Raises LabError that lists the platform's methods."""
    offered = downloads_of(platform, kind)
    for row in offered:
        if method == row.method or method in row.aliases:
            return row
    known = ", ".join(" or ".join([row.method, *row.aliases]) for row in offered)
    raise LabError(
        f"the portal has no {kind} package for {platform.value} by method {method!r}; it has {known}. "
        "Choose one of these."
    )
