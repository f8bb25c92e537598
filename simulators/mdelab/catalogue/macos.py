"""What a Mac is and what the Defender client needs of it: releases, configuration profiles, extensions, update channels.

Pure questions about a device's spec are answered here too: which profiles it has, what they approve, and which of the
client's requirements it does not meet. The programs that show this to a user are `mdelab.endpoint.programs.macos`.
"""

import re
from functools import cache
from typing import Literal

import msgspec

from mdelab.catalogue.health import Text
from mdelab.catalogue.read import read
from mdelab.model.basis import Basis
from mdelab.model.device import DeviceSpec
from mdelab.model.errors import LabError

_ALL = "default"
"""The name in `DeviceSpec.profiles` that stands for every profile that the client needs."""

_VERSION = re.compile(r"\d+(\.\d+){0,2}")

Approval = Literal["endpoint_security", "network_filter", "full_disk_access"]
"""What only a profile (or a user at the screen, whom the lab does not have) allows the client."""


class Release(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A major release of macOS."""

    major: str
    """`15`, or `10.15` before macOS 11."""
    name: str
    build: str
    beta_build: str
    darwin: str
    is_supported: bool
    """In profile `seed`."""
    least: str = ""
    """The first version that is supported; "" when all are."""
    extensions: Literal["system", "kernel"]
    basis: Basis
    source: str


class Requirements(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    processors: tuple[str, ...]
    disk_mb: int
    basis: Basis
    source: str


class Unmet(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is said when a requirement is not met."""

    name: Literal["release", "beta", "processor", "disk"]
    text: str
    """For the installer's user: what, why, what to do. With fields of the device in braces."""
    issue: str
    """For `health_issues` of a client that is there all the same."""
    basis: Basis
    source: str


class Extension(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A system extension of the client."""

    id: str
    category: str
    name: str
    approval: Approval
    basis: Basis
    source: str


class ConfigurationProfile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A configuration profile that an MDM product delivers."""

    name: str
    """As `DeviceSpec.profiles` spells it."""
    display: str
    identifier: str
    payload_type: str
    payload: dict[str, object]
    """The payload's content, as a property list."""
    managed_file: str = ""
    """File in /Library/Managed Preferences that proves the delivery; "" when none is named."""
    approves: tuple[Approval, ...] = ()
    is_needed: bool
    """Whether `default` stands for it."""
    from_major: int
    """The first macOS that needs it."""
    basis: Basis
    source: str


class Channel(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An update channel of Microsoft AutoUpdate."""

    name: str
    former_name: str
    ring: str
    """As `mdatp health` shows it in `release_ring`."""
    feed: str
    """Where the updater asks for the newest version."""
    package: str
    """Where that version lies."""
    version: str
    basis: Basis
    source: str


class Daemon(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A launchd job of the client."""

    label: str
    path: str
    service: str
    """The Machine's service behind it."""
    basis: Basis
    source: str


class MenuItem(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An item in a menu of the client's application."""

    application: str
    """As the system names its process."""
    menu: str
    name: str
    basis: Basis
    source: str


class Product(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A protection product of somebody else."""

    service: str
    """As `DeviceSpec.services` names it."""
    name: str
    basis: Basis
    source: str


class ShelfLife(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long a version of the client lasts."""

    days: int
    basis: Basis
    source: str


class Advice(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something that is recommended and not required."""

    name: Literal["sip"]
    text: str
    basis: Basis
    source: str


class MacCatalogue(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    team_id: str
    release: tuple[Release, ...]
    shelf_life: ShelfLife
    requirements: Requirements
    unmet: tuple[Unmet, ...]
    extension: tuple[Extension, ...]
    profile: tuple[ConfigurationProfile, ...]
    channel: tuple[Channel, ...]
    daemon: tuple[Daemon, ...]
    menu_item: tuple[MenuItem, ...]
    product: tuple[Product, ...]
    advice: tuple[Advice, ...]
    protected: tuple[str, ...]
    """Folders that System Integrity Protection guards."""
    unprotected: tuple[str, ...]
    """Folders inside those that it does not guard."""
    text: dict[str, Text]


@cache
def macos() -> MacCatalogue:
    return read("macos.toml", MacCatalogue)


def macos_text(name: str) -> str:
    """The text called `name`; KeyError for one that the catalogue does not have."""
    return macos().text[name].text


def release_of(version: str) -> Release:
    """The major release that `version` (`15.0.1`, `14`) belongs to. Raises LabError that lists the known ones."""
    known = ", ".join(row.major for row in macos().release)
    if not _VERSION.fullmatch(version):
        raise LabError(f"{version!r} is not a version of macOS. Write it like 15.0.1 or 14; the lab knows {known}.")
    row = next((row for row in macos().release if f"{version}.".startswith(f"{row.major}.")), None)
    if row is None:
        raise LabError(f"the lab does not know macOS {version!r}. Use a version of one of: {known}.")
    return row


def unmet(spec: DeviceSpec) -> tuple[Unmet, ...]:
    """The client's requirements that a Mac does not meet, each with its text filled in. Raises LabError."""
    needs = macos().requirements
    row = release_of(spec.release)
    is_too_old = bool(row.least) and _numbers(spec.release) < _numbers(row.least)
    failed = {
        "release": not row.is_supported or is_too_old,
        "beta": spec.beta,
        "processor": spec.architecture not in needs.processors,
        "disk": spec.disk_free_mb < needs.disk_mb,
    }
    said = {
        "release": spec.release,
        "name": row.name,
        "supported": ", ".join(f"{one.least or one.major} ({one.name})" for one in macos().release if one.is_supported),
        "architecture": spec.architecture,
        "processors": " and ".join(needs.processors),
        "free_mb": spec.disk_free_mb,
        "disk_mb": needs.disk_mb,
    }
    return tuple(
        msgspec.structs.replace(one, text=one.text.format(**said)) for one in macos().unmet if failed[one.name]
    )


def needed_profiles(spec: DeviceSpec) -> tuple[ConfigurationProfile, ...]:
    """The profiles without which the client does not work on this release. Raises LabError."""
    major = _numbers(release_of(spec.release).major)[0]
    return tuple(row for row in macos().profile if row.is_needed and row.from_major <= major)


def deployed_profiles(spec: DeviceSpec) -> tuple[ConfigurationProfile, ...]:
    """The profiles that are on the device, in the catalogue's order. Raises LabError for a name that is not known."""
    names = {row.name for row in needed_profiles(spec)} if _ALL in spec.profiles else set[str]()
    known = [row.name for row in macos().profile]
    for name in spec.profiles:
        if name not in (*known, _ALL):
            raise LabError(
                f"{spec.name!r} cannot have the configuration profile {name!r}: the lab does not know it. "
                f"Use {_ALL!r} for all that the client needs, or some of: {', '.join(known)}."
            )
    names |= set(spec.profiles)
    return tuple(row for row in macos().profile if row.name in names)


def approvals(spec: DeviceSpec) -> frozenset[Approval]:
    """What the device allows the client. Raises LabError.

    Before macOS 11 there are no system extensions to approve: the kernel extension then does the same work, and the lab
    takes it as approved.
    """
    found = frozenset[Approval](what for row in deployed_profiles(spec) for what in row.approves)
    if release_of(spec.release).extensions == "kernel":
        return found | {"endpoint_security", "network_filter"}
    # The network extension is one of the two that the system extension policy allows, and it needs its filter too.
    return found if "endpoint_security" in found else found - {"network_filter"}


def advice(spec: DeviceSpec) -> tuple[Advice, ...]:
    """What is recommended otherwise than the device has it."""
    return tuple(row for row in macos().advice if row.name == "sip" and not spec.sip)


def is_protected(path: str) -> bool:
    """Whether System Integrity Protection guards a path of the device, when it is on."""
    catalogue = macos()
    return _is_below(path, catalogue.protected) and not _is_below(path, catalogue.unprotected)


def _is_below(path: str, folders: tuple[str, ...]) -> bool:
    return any(path == folder or path.startswith(f"{folder}/") for folder in folders)


def _numbers(version: str) -> tuple[int, ...]:
    """`15.0.1` -> (15, 0, 1); `15` -> (15, 0, 0)."""
    found = tuple(int(part) for part in version.split("."))
    return (*found, 0, 0)[:3]
