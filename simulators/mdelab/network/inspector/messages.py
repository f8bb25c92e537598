"""What the lab and its mitmproxy process say to each other: JSON lines over a socket pair, in both directions.

When the socket closes, the process ends; so a lab that was killed leaves nothing behind.
"""

import msgspec

from mdelab.model.evidence import Evidence
from mdelab.model.fault import InForce
from mdelab.model.tenant import HopPolicy
from mdelab.model.work import Address

MAX_LINE_BYTES = 1_048_576


class Begin(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The first line: listen. Answered with `Ready`."""

    address: str
    ports: list[int]
    """One for each slot; 0 where the system chooses."""
    lab_id: str


class Update(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """These policies, by slot, and these faults apply to the client from now on. Answered with `Done`."""

    id: int
    client: str
    endpoint: str
    """Its name in its tenant, by which faults know it."""
    policies: dict[int, HopPolicy]
    faults: tuple[InForce, ...] = ()


class Forget(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The client is no endpoint any more. Answered with `Done`."""

    id: int
    client: str


class Flush(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Answered with `Done` behind the evidence of everything that has reached the process."""

    id: int


class Located(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Answers `Locate`."""

    id: int
    where: Address | None
    """Where to connect; None for a name that the lab does not simulate."""
    source: str
    """The address to bind for the client."""


class Ready(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    addresses: list[Address]
    """Where it listens, in slot order."""


class Done(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    id: int


class Locate(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Where does this name answer, and from where is a client led there?"""

    id: int
    client: str
    host: str
    port: int


class Holds(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """A connection is kept waiting on purpose from now on, or not any more."""

    client: Address
    begins: bool


class Seen(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    evidence: Evidence


ToProcess = Begin | Update | Forget | Flush | Located
ToOwner = Ready | Done | Locate | Holds | Seen


def line(message: ToProcess | ToOwner) -> bytes:
    """One message as it goes over the wire."""
    return msgspec.json.encode(message) + b"\n"
