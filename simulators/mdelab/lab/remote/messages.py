"""What a lab and the process of a device say to each other: JSON lines over one connection, in both directions.

The lab asks and the process answers, in any order; evidence and what is in flight come unasked. Whatever happened in
the process before an answer was written has been told before it. When the connection closes, the process ends.
"""

from datetime import datetime
from typing import Literal

import msgspec

from mdelab.lab.wire import EndpointChange, ExecRequest, FileWrite
from mdelab.model.device import DeviceSpec
from mdelab.model.evidence import Evidence
from mdelab.model.fault import InForce
from mdelab.model.package import Kind
from mdelab.model.site import Site
from mdelab.model.work import Address

MAX_LINE_BYTES = 64 * 1024 * 1024
"""A file of the largest size that the control API takes, in base64 and quoted, fits."""


class TenantCopy(msgspec.Struct, frozen=True, kw_only=True):
    """What a process must know of the device's tenant."""

    id: str
    org_id: str
    name: str
    scenario: str
    seed: int
    evidence: Literal["all", "failures"]
    clock: Literal["held", "live"]
    now: datetime


class Cable(msgspec.Struct, frozen=True, kw_only=True):
    """How the device is attached to the network; PEM texts where an embedded device has files."""

    address: str
    resolver: Address
    root_set: str
    public_roots: str
    package_roots: str


class Hops(msgspec.Struct, frozen=True, kw_only=True):
    """The hops of the tenant, as the device reaches them, and what the site tells of them."""

    site: Site
    is_new_site: bool
    """Whether the device has joined its network anew, which may be one just like the last."""
    proxies: dict[str, str]
    pac_urls: dict[str, str]
    ports: list[tuple[Address, Address]]
    """Asked for -> really bound."""
    interception_cas: dict[str, str]
    """Hop name -> PEM text."""


# What the lab asks for. Each is answered with the type that its first line names.


class SwitchOn(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """None. The first question: be this device."""

    spec: DeviceSpec
    tenant: TenantCopy
    cable: Cable
    hops: Hops


class SetHops(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """None."""

    hops: Hops


class Tell(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """None. The tenant's time is now this."""

    now: datetime


class Fire(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Due: begin what the first due timer asks for; when the next one is due."""


class Look(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """None. See what changed on the disk behind the sensor's back, and tell what is in flight."""


class AskInfo(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """EndpointInfo."""


class AskCounts(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """(made, waiting)."""


class Execute(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """ExecResult, when the program has ended."""

    ask: ExecRequest


class Change(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """None."""

    change: EndpointChange


class BeginFault(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """None."""

    fault: InForce


class EndFault(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """None."""

    fault_id: str


class Reconnect(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """None. Close the idle connections."""


class AskRoute(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Route."""

    url: str


class ListFiles(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """list[str]."""


class ReadFile(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """FileContent."""

    path: str


class WriteFile(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """FileContent."""

    path: str
    write: FileWrite


class RemoveFile(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """None."""

    path: str


class PlacePackage(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """None."""

    kind: Kind
    blob: str


class RemovePackage(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """None."""

    kind: Kind


Question = (
    SwitchOn
    | SetHops
    | Tell
    | Fire
    | Look
    | AskInfo
    | AskCounts
    | Execute
    | Change
    | BeginFault
    | EndFault
    | Reconnect
    | AskRoute
    | ListFiles
    | ReadFile
    | WriteFile
    | RemoveFile
    | PlacePackage
    | RemovePackage
)


class Ask(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    id: int
    question: Question


class Led(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Answers `Whither`."""

    id: int
    where: Address | None


ToProcess = Ask | Led


# What the process says.


class Ready(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Its first words: nothing of an earlier device is left here, and it can be asked."""


class Due(msgspec.Struct, frozen=True, kw_only=True):
    """When the process's next timer is due."""

    at: datetime | None


class Answer(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    id: int
    value: msgspec.Raw


class Refusal(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """A question that was answered with an error."""

    id: int
    kind: Literal["impossible", "unknown", "not-ready", "failed"]
    message: str
    what: str = ""
    """Of `unknown`: what was named that is not there."""


class Saw(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    evidence: Evidence


class Flight(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """One thing in flight in the process."""

    key: int
    what: str
    client: Address | None
    server: Address | None
    is_asleep: bool


class Flying(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Everything in flight now, and when the next timer is due."""

    flights: list[Flight]
    due: datetime | None


class Began(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """A program was started on the device without the lab; `Ended` follows. Time must go on for it while it sleeps."""

    program: int


class Ended(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    program: int


class Whither(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Where is a direct connection to this host and port led? Answered with `Led`."""

    id: int
    host: str
    port: int


Said = Answer | Refusal | Saw | Flying | Began | Ended | Whither


def line(message: ToProcess | Said | Ready) -> bytes:
    """One message as it goes over the wire."""
    return msgspec.json.encode(message) + b"\n"
