"""The platforms: what a device of each is like when nothing else is asked for."""

from functools import cache
from typing import Literal

import msgspec

from mdelab.catalogue.read import read
from mdelab.model.basis import Basis
from mdelab.model.device import DEFAULT_PYTHON, DeviceSpec
from mdelab.model.package import Kind
from mdelab.model.platform import Platform


class ArtifactRow(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A place where a package is put and the client looks for it."""

    kind: Kind
    medium: Literal["json", "plist", "registry"]
    place: str
    """Path of a file, or key of the registry."""
    name: str
    """Key inside the file, or name of the registry's value; what is there is the package's outer JSON."""
    basis: Basis
    source: str


class PlatformRow(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One platform."""

    name: Platform
    distribution: str
    release: str
    kernel: str
    python: str
    """The version of `python3`; "" when a plain device has none."""
    edition: str = ""
    service: str
    """The service of the Defender client."""
    own_folders: tuple[str, ...]
    """Written by the client or the system itself: neither scanned nor observed. Each ends in a slash."""
    has_registry: bool = False
    """Whether it has a registry, and an event log."""
    artifact: tuple[ArtifactRow, ...]
    """Of the rows of one kind, the first is where a package is put unless said otherwise."""
    basis: Basis
    source: str


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    platform: tuple[PlatformRow, ...]


@cache
def platform_row(platform: Platform) -> PlatformRow:
    (row,) = [row for row in read("platforms.toml", _File).platform if row.name is platform]
    return row


def complete(spec: DeviceSpec) -> DeviceSpec:
    """`spec` with the platform's own values where it left them open."""
    row = platform_row(spec.platform)
    return msgspec.structs.replace(
        spec,
        distribution=spec.distribution or row.distribution,
        release=spec.release or row.release,
        kernel=spec.kernel or row.kernel,
        python=row.python if spec.python == DEFAULT_PYTHON else spec.python,
        edition=spec.edition or row.edition,
    )
