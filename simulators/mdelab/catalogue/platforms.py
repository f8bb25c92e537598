"""The platforms: what a device of each is like when nothing else is asked for."""

from functools import cache
from typing import Generic, Literal, TypeVar

import msgspec

from mdelab.catalogue.distributions import distribution
from mdelab.catalogue.read import read
from mdelab.model.basis import Basis
from mdelab.model.bypass import BypassKind
from mdelab.model.device import DEFAULT_PYTHON, DeviceSpec, ProxySource
from mdelab.model.errors import LabError
from mdelab.model.package import Kind
from mdelab.model.platform import Platform
from mdelab.model.proxy import Form
from mdelab.model.route import OnFailure, Walk


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


class Paths(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Files and folders of the client and the system."""

    os_store: str
    """The certificates that the system trusts, PEM."""
    core_log: str
    rotated_log: str
    install_log: str
    settings: str
    managed: str
    """What an administrator's management decides; "" where that is no file."""
    state: str
    database: str
    queue: str
    quarantine: str
    basis: Basis
    source: str


class ProxyRow(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A place where a route can be set."""

    name: ProxySource
    place: str
    """Which of `mdelab.endpoint.proxy_places`."""
    kind: Literal["fixed", "pac", "wpad"] = "fixed"
    """A proxy by its address, a PAC file by its URL, or the switch of discovery."""
    form: Form = "url"
    """How a fixed proxy is written there."""
    bypass: BypassKind | None = None
    """By which rules the place's bypass list is read; None where it has none."""
    falls_back: bool = False
    """Whether the client goes on with the weaker places when the proxy cannot be reached."""
    is_service: bool = False
    """Of discovery: whether a service of the system does it, so that switched off is a fault of its own."""
    unused: str = ""
    """Why the client does not use what is set there, an id; "" when it does."""
    because: str = ""
    """The same for people."""
    basis: Basis
    source: str


T = TypeVar("T")


class Fact(msgspec.Struct, Generic[T], frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One value with what it rests on."""

    value: T
    basis: Basis
    source: str


class PacRow(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the platform treats PAC files."""

    is_whole_url: Fact[bool]
    """Whether a script is told path and query of an https URL."""
    walk: Fact[Walk]
    """Whether the ways that a script lists are tried in order, or only the first."""
    on_failure: Fact[OnFailure]
    """What happens when a file or discovery gives no answer."""
    fresh_s: Fact[int]
    """How long a file is used before it is fetched again, if the network stays the same."""
    retry_s: Fact[tuple[int, ...]]
    """After the first, second, ... failure to get a file: how long nobody tries again. The last one stays; empty: every time."""


class ApiRow(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the MDE API calls a device: the first row that fits."""

    edition: str = ""
    """"" fits all."""
    least_build: int = 0
    """Of a release such as 10.0.22631."""
    os_platform: str
    basis: Basis
    source: str


class VersionRow(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What people call a build of the system."""

    build: int
    name: str
    basis: Basis
    source: str


class ClientRow(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The version of the Defender client on a device: where it is kept, and which one a device begins with."""

    version: str = ""
    """"" for that of the product (`mdelab.catalogue.health`)."""
    medium: Literal["file", "plist", "registry"]
    place: str
    """A path, or a key of the registry."""
    name: str = ""
    """The key or value in it."""
    beside: dict[str, str] = {}
    """What a property list holds beside it."""
    form: str = "{version}"
    """What is written there. A text that does not fit it, such as that of a new device, stands for `version`."""
    basis: Basis
    source: str


class EditionRow(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An edition of the system."""

    name: str
    release: str = ""
    """Its only release; "" where the platform's default is its own too."""
    has_client: bool = True
    """Whether the Defender client is for it."""
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
    processes: tuple[str, ...]
    """What a list of processes shows while that service runs; the service manager knows the first."""
    own_folders: tuple[str, ...]
    """How the paths begin that the client or the system itself writes: neither scanned nor observed."""
    folders: tuple[str, ...]
    """Made with the device."""
    user: str
    """Under whom programs run."""
    login: dict[str, str] = {}
    """Variables of a login; `{name}` is the device's."""
    environment: Literal["file", "system-configuration", "winhttp"]
    """Where the setting lies that every program of the device sees."""
    paths: Paths
    proxy: tuple[ProxyRow, ...]
    """Strongest first."""
    pac: PacRow
    api: tuple[ApiRow, ...] = ()
    """Linux: the distribution says it."""
    version: tuple[VersionRow, ...] = ()
    edition_row: tuple[EditionRow, ...] = ()
    """Empty where there are no editions."""
    client: ClientRow
    services: tuple[str, ...] = ()
    """Services beside the client's that every device has."""
    service_shows_state: bool = False
    """Whether the client starts and stops its service by its own state, instead of being stopped with it."""
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
    """`spec` with the platform's own values where it left them open. Raises LabError for an edition that is not known.

    An edition that the Defender client is not for has none, whatever the spec says.
    """
    row = platform_row(spec.platform)
    edition = _edition(spec, row)
    release = spec.release or (edition.release if edition else "") or row.release
    return msgspec.structs.replace(
        spec,
        distribution=spec.distribution or row.distribution,
        release=release,
        kernel=spec.kernel or (release if edition else row.kernel),
        python=row.python if spec.python == DEFAULT_PYTHON else spec.python,
        edition=spec.edition or row.edition,
        installed=spec.installed and (edition is None or edition.has_client),
    )


def _edition(spec: DeviceSpec, row: PlatformRow) -> EditionRow | None:
    if not row.edition_row:
        return None
    name = spec.edition or row.edition
    found = next((one for one in row.edition_row if one.name == name), None)
    if found is None:
        known = ", ".join(one.name for one in row.edition_row)
        raise LabError(
            f"{spec.name!r} cannot have the edition {name!r}: the lab does not know it. Use one of: {known}."
        )
    return found


def os_platform(spec: DeviceSpec) -> str:
    """As the MDE API spells it. Raises LabError for a distribution that the lab does not know."""
    build = _build(spec)
    for row in platform_row(spec.platform).api:
        if row.edition in ("", spec.edition) and build >= row.least_build:
            return row.os_platform
    return distribution(spec.distribution).api_platform


def os_version(spec: DeviceSpec) -> str:
    """As the MDE API spells it: `22H2` for a build that the lab knows by name, else the release."""
    names = {row.build: row.name for row in platform_row(spec.platform).version}
    return names.get(_build(spec), spec.release)


def _build(spec: DeviceSpec) -> int:
    """The last number of a release such as 10.0.22631."""
    last = spec.release.rpartition(".")[2]
    return int(last) if last.isdigit() else 0
