"""The types of the control API: what the lab's server answers and its clients send.

Answers ignore unknown fields, so that a newer lab can say more; in a request an unknown field is a mistake of the caller's.
`docs/contracts.md` lists the calls.
"""

from datetime import datetime
from typing import Annotated, Literal

import msgspec

from mdelab.model.device import DeviceSpec
from mdelab.model.evidence import Step
from mdelab.model.licence import Subscription
from mdelab.model.package import Connectivity, Kind
from mdelab.model.person import Person
from mdelab.model.platform import Platform
from mdelab.model.tenant import HopPolicy


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """The body of every answer that is not 2xx."""

    code: str
    """`unknown-endpoint`, `bad-request`, `not-quiet`, ...: stable, for programs."""
    message: str
    """What happened, why, and what to do: for people."""


class LabInfo(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    name: str
    version: str
    backend: Literal["embedded", "docker"]
    seed: int
    profile: str
    pid: int
    folder: str
    """Where the lab keeps its files, on this machine."""
    entrance: str
    """The entrance's proxy URL."""
    ca_file: str
    """PEM file that a client of the entrance must trust."""
    default_tenant: str
    """The tenant that commands use when none is named."""


class TenantSpec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: str = ""
    """For people; made up from the scenario when empty."""
    scenario: str = ""
    """What the seed stream is derived from; the name when empty."""
    clock: Literal["held", "live"] = "held"
    evidence: Literal["all", "failures"] = "all"
    subscription: Subscription = Subscription()


class ClockInfo(msgspec.Struct, frozen=True, kw_only=True):
    mode: Literal["held", "live"]
    now: datetime
    next_due: datetime | None
    """When the next timer of the tenant is due."""


class ApiApp(msgspec.Struct, frozen=True, kw_only=True):
    """How a client of the tenant's API signs in: an application's id and secret. A tenant has one with every MDE permission."""

    client_id: str
    client_secret: str


class ApplicationSpec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An application registration that an administrator makes and consents to."""

    name: str
    roles: list[str] = []
    """Application permissions, such as `Machine.Read.All`."""
    secret_days: float | None = 180
    """How long its client secret lives, by the tenant's clock; null for none."""
    certificate: str = ""
    """PEM of a certificate with whose key it signs assertions."""


class ApplicationChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Fields left out stay as they are."""

    roles: list[str] | None = None
    """All its permissions from now on; tokens that are out keep theirs."""
    enabled: bool | None = None
    secret_days: float | None = None
    """Add a client secret that lives as long."""


class ApplicationInfo(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    client_id: str
    object_id: str
    """Of its service principal."""
    roles: list[str]
    enabled: bool
    secrets_expire: list[datetime]
    client_secret: str = ""
    """The newest one; "" without any. The portal shows it once, the lab whenever it is asked."""


class KeyRollOver(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Entra signs the tenant's tokens with a new key from now on."""

    at_once: bool = False
    """Whether the keys before it are withdrawn now, not a day later: their tokens are then refused."""


class ApiPages(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many objects the Defender API puts into one page: 10,000 is documented, fewer make paging easy to see."""

    size: Annotated[int, msgspec.Meta(ge=1, le=10_000)]


class TenantInfo(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    """The Entra tenant id."""
    org_id: str
    name: str
    scenario: str
    clock: ClockInfo
    api: ApiApp
    hops: list[HopPolicy]
    endpoints: list[str]


class ClockMove(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Move a tenant's clock. Exactly one of `seconds` and `until` is given."""

    seconds: float | None = None
    until: datetime | None = None
    step: bool = False
    """Stop after the first moment at which something was due, if that comes before the end."""


class EndpointInfo(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    platform: Platform
    address: str
    machine_id: str
    state: str
    """The agent's state: `fresh`, `enrolling`, `onboarded`, `offboarding`, `offboarded`."""
    waiting: int
    """Events in its queue that are not yet acknowledged."""
    root: str
    """Folder that holds its files when the lab is embedded; "" otherwise."""
    container: str = ""
    """Name of its container when it runs in one; "" otherwise."""
    spec: DeviceSpec


class EndpointChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Change a device as its administrator or its network would. Fields left out stay as they are."""

    proxy: str | None = None
    proxy_source: str | None = None
    bypass: tuple[str, ...] | None = None
    pac: str | None = None
    wpad: bool | None = None
    trusts: tuple[str, ...] | None = None
    services: tuple[str, ...] | None = None
    fanotify_users: tuple[str, ...] | None = None
    clock_skew_s: int | None = None
    release: str | None = None
    """An upgrade of the operating system."""
    profiles: tuple[str, ...] | None = None
    """macOS: all the configuration profiles that are deployed from now on."""
    locked_keys: tuple[str, ...] | None = None


class RouteQuestion(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    url: str
    """An http or https URL."""


class ExecRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    argv: list[str]
    stdin: str = ""
    env: dict[str, str] = {}
    cwd: str = ""


class ExecResult(msgspec.Struct, frozen=True, kw_only=True):
    exit_code: int
    stdout: str
    stderr: str
    not_simulated: list[str]
    """Programs or options that the lab does not simulate; not empty makes a result inconclusive."""


class FileContent(msgspec.Struct, frozen=True, kw_only=True):
    path: str
    text: str | None
    """None when the bytes are not UTF-8."""
    base64: str
    mode: int
    """Permission bits, such as 0o600."""


class FileWrite(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    text: str | None = None
    base64: str | None = None
    mode: int = 0o644


class PackageOrder(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    kind: Kind
    platform: Platform = Platform.LINUX
    method: str = "script"
    """One of the platform's deployment methods, such as `script`, `mdm` or `group-policy`; a wrong one lists them."""
    connectivity: Connectivity = "standard"
    geography: Literal["US", "EU", "UK", "AU"] = "US"
    user: str = ""
    """Whose download it is, by the roles of that user; "" for the lab's own administrator, who may do everything."""
    age_s: Annotated[float, msgspec.Meta(ge=0, le=366 * 86_400)] = 0.0
    """How long ago it was downloaded, in the tenant's time."""


class Placing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A package that comes onto an endpoint as the platform's management tools bring it."""

    blob: str = ""
    """The outer JSON, damaged or foreign as it may be; on a Mac also the configuration profile that carries it. "" for the
    tenant's own, downloaded now."""


class PackageInfo(msgspec.Struct, frozen=True, kw_only=True):
    file_name: str
    """The zip's name as the portal gives it."""
    members: dict[str, str]
    """File name in the zip -> its text."""
    blob: str
    """The outer JSON of the package."""
    expires: datetime | None


class UserRights(msgspec.Struct, frozen=True, kw_only=True):
    is_licensed: bool
    portal_role: str
    """"" for somebody whom the portal does not let in."""


class UserInfo(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who works in a tenant."""

    person: Person
    devices: list[str]
    """The endpoints that are this user's."""
    rights: UserRights


class UserChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Change a user; fields left out stay as they are."""

    is_licensed: bool | None = None
    portal_role: str | None = None


UNCHANGED = UserChange()


class DeviceLicence(msgspec.Struct, frozen=True, kw_only=True):
    endpoint: str
    user: str
    state: str
    """`licensed`, `beyond the licence`, `no licensed user` or `no subscription`."""


class LicenceReport(msgspec.Struct, frozen=True, kw_only=True):
    """What the portal says of the tenant's licences and of its devices that are onboarded."""

    subscription: Subscription
    products: list[str]
    """What the subscription gives now."""
    trial_ends: datetime | None
    devices: list[DeviceLicence]


class Accounting(msgspec.Struct, frozen=True, kw_only=True):
    """Events of cyber telemetry, from counters that do not know each other."""

    sent: int
    """Counted by the agents, when they made an event."""
    waiting: int
    """Still in the agents' queues."""
    received: int
    """Counted by the cloud on the wire, repeats included."""
    stored: int
    """Counted by SQL over committed rows."""
    duplicates: int
    """Received again after they were stored."""

    @property
    def lost(self) -> int:
        """Sent, acknowledged, and not stored; 0 in a lab that keeps its promise."""
        return self.sent - self.waiting - self.stored


class DiagnosisLine(msgspec.Struct, frozen=True, kw_only=True):
    observer: str
    text: str


class Diagnosis(msgspec.Struct, frozen=True, kw_only=True):
    """Why an endpoint does not get through, or that it does."""

    endpoint: str
    layer: Step | Literal["none", "device", "unknown"]
    cause: str
    """An id of the symptom catalogue, such as `tls-intercepted`; `none` when nothing failed."""
    summary: str
    evidence: list[DiagnosisLine]
    fix: str
    basis: str
    source: str


class PacQuestion(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A PAC file to be judged, whoever serves it."""

    text: str | None = None
    base64: str | None = None
    """The file's bytes. Give exactly one of the two."""
    content_type: str = ""
    """Of the answer that brings it: its charset counts."""
    urls: list[str] = []
    """What the script is asked about; none only reads it."""
    platform: Platform = Platform.MACOS
    """Whose rules hold: whether the script sees the path of an https URL."""
    my_address: str = "127.0.0.1"
    """What `myIpAddress()` says."""


class PacComplaint(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong with a PAC file, or with what it said."""

    problem: str
    """An id such as `pac-syntax-error`: stable, for programs."""
    text: str
    line: int
    """Of the script; 0 when the problem is not in one line."""
    winhttp: int
    """Windows' number for it, 0 for none."""
    cfnetwork: int
    """macOS' number for it, 0 for none."""


class PacVerdict(msgspec.Struct, frozen=True, kw_only=True):
    """What a PAC file says about one URL."""

    url: str
    ways: list[str]
    """`http://host:port` or `direct`, in the script's order; empty when it gave no answer."""
    passed_over: list[str] = []
    """Entries that the agent cannot use."""
    line: int = 0
    """Of the `return` that decided; 0 when that cannot be told."""
    complaint: PacComplaint | None = None
    """Why there was no answer, or why the one that there is was probably not meant."""


class PacAnswer(msgspec.Struct, frozen=True, kw_only=True):
    size_bytes: int
    encoding: str
    """How the bytes were read; "" when they could not be."""
    complaint: PacComplaint | None
    """What is wrong with the file itself; then nothing was asked of it."""
    verdicts: list[PacVerdict]


class FleetRange(msgspec.Struct, frozen=True, kw_only=True):
    """A range of source addresses that belong to the endpoints of a fleet, and what its agents need to reach the cloud."""

    addresses: list[str]
    resolver: tuple[str, int]
    ports: list[tuple[tuple[str, int], tuple[str, int]]]
    root_set: str
    public_roots: str
    package_roots: str


class FleetOrder(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    count: int
    prefix: str = "fleet"
    """Endpoint names are `<prefix>-<number>`."""


class FleetCounts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a fleet's own counters say; the lab adds them to the tenant's accounting."""

    sent: int
    waiting: int
