"""What the lab knows of Windows itself: services, the registry of a new device, the names of Set-MpPreference."""

from functools import cache
from typing import Literal

import msgspec

from mdelab.catalogue.read import read
from mdelab.model.basis import Basis


class System(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The versions that a device shows."""

    name: str
    client_version: str
    platform_version: str
    engine_version: str
    basis: Basis
    source: str


class Update(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The update of the client that the update service offers."""

    kb: str
    title: str
    version: str
    catalogue: str
    """URL of the list of updates."""
    package: str
    """URL of the update."""
    basis: Basis
    source: str


class Capability(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The feature on demand that the client is on newer releases."""

    name: str
    display_name: str
    basis: Basis
    source: str


class WindowsService(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: str
    display_name: str
    binary: str
    start: Literal[0, 1, 2, 3, 4]
    """Boot, system, automatic, by hand, disabled: as in the registry."""
    runs: bool
    """On a device that is not onboarded."""
    is_protected: bool = False
    """Whether even an administrator is refused to stop it."""
    is_client: bool = False
    """Whether it is there only with the client."""
    is_driver: bool = False
    depends_on: tuple[str, ...]
    basis: Basis
    source: str


class FirstValue(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A value in the registry of a new device; `{edition}` and `{build}` stand for the device's."""

    key: str
    name: str
    kind: Literal["REG_SZ", "REG_DWORD"]
    data: str | int
    needs_client: bool = False
    basis: Basis
    source: str


class FirstFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A file of a new device."""

    path: str
    """Of the device's tree."""
    text: str
    basis: Basis
    source: str


class MpPreference(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One name of Set-MpPreference."""

    name: str
    shape: Literal["switch", "inverted", "choice", "exclusion", "registry"]
    """`inverted`: $true sets the agent's setting to false; `registry`: kept there, and read by whoever wants it."""
    setting: str
    """Field of the agent's settings, or the kind of an exclusion."""
    choices: tuple[tuple[str, str], ...] = ()
    """(word, what the agent's setting becomes; "" where the lab has nothing like it), in the order of their numbers."""
    basis: Basis
    source: str


class WindowsCatalogue(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    system: System
    update: Update
    capability: Capability
    service: tuple[WindowsService, ...]
    value: tuple[FirstValue, ...]
    file: tuple[FirstFile, ...]
    preference: tuple[MpPreference, ...]


@cache
def windows() -> WindowsCatalogue:
    return read("windows.toml", WindowsCatalogue)


def windows_service(name: str) -> WindowsService | None:
    """The row of a service, whatever its case; None for one that the lab does not know."""
    return next((row for row in windows().service if row.name == name.lower()), None)
