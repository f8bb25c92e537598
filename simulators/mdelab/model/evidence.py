"""What an observer saw of a connection: the record that agent, hops and cloud all write, and how records are joined.

Every observer writes one record for each step that it sees (a route chosen, a name looked up, a connection made, a tunnel
asked for, a handshake, an exchange). Records are joined on socket pairs: the client's `local` is the next observer's `peer`,
and a hop names its `onward` leg. `docs/contracts.md` gives the meaning of each field.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from enum import StrEnum
from typing import Literal

import msgspec

from mdelab.model.route import Route
from mdelab.model.work import Address

Step = Literal["device", "route", "dns", "tcp", "tunnel", "tls", "http"]
"""Which step of a connection a record is about; also the layers that a diagnosis names, in the order of the wire."""

STEPS: tuple[Step, ...] = ("device", "route", "dns", "tcp", "tunnel", "tls", "http")
"""In the order of the wire; `device` is no step of a connection: the device, or its client, runs or does not."""


class Purpose(StrEnum):
    """Why a client opened a connection."""

    AGENT = "agent"
    """The Defender client's own traffic."""
    PROBE = "probe"
    """The agent looks again, without verifying, at the chain that it refused."""
    PAC = "pac"
    """The device fetches a PAC file, before it knows its route."""
    TEST = "test"
    """`mdatp connectivity test`."""
    CLIENT = "client"
    """Another program on the device, such as curl."""


OBSERVERS = ("agent", "curl", "dns", "gateway", "cloud", "entrance", "device", "host")
"""The lab's own; every other observer is a hop, by the tenant's name for it."""


class TlsSeen(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One handshake as one side saw it."""

    outcome: Literal["established", "refused", "broken"]
    """`refused`: this side rejected the other, or was rejected, by an alert; `broken`: it ended without one."""
    sni: str = ""
    version: str = ""
    alert: str = ""
    """The alert's name as OpenSSL spells it (`unknown ca`), when one was sent or received."""
    verify_code: int = 0
    """OpenSSL's X509_V_ERR_* of the client; 0 when the chain was accepted or never judged."""
    verify_text: str = ""
    presented_by: str = ""
    """The issuer's common name of the leaf that the server side presented."""
    leaf_sha256: str = ""


class HttpSeen(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One exchange whose bytes the observer could read. A hop that tunnels never writes one."""

    method: str
    path: str
    status: int = 0
    """0 when no answer came."""


class Evidence(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One step of one connection as one observer saw it."""

    observer: str
    """`agent`, `curl`, `dns`, `entrance`, `cloud`, or the tenant's name for a hop (`corp-proxy`)."""
    step: Step
    local: Address | None = None
    """The observer's own end. For a hop: the end towards the client."""
    peer: Address | None = None
    """The other end. For a hop and the cloud: the client's end."""
    onward: tuple[Address, Address] | None = None
    """A hop's next leg: its own end and the far end."""
    name: str = ""
    """The host name that the client asked for."""
    purpose: Purpose | None = None
    """Known to clients only."""
    connect_status: int = 0
    """The proxy's answer to CONNECT, at step `tunnel`; 0 when none came."""
    tls: TlsSeen | None = None
    http: HttpSeen | None = None
    route: Route | None = None
    """What the client decided, at step `route`: its own settings say so, nobody else can see it."""
    error: str = ""
    """What failed, in the observer's words; empty when the step succeeded."""
    curl_code: int = 0
    """The exit code that curl documents for this failure; clients only."""
    fault: str = ""
    """The id of the fault that acted at this observer, when one did."""
    address: str = ""
    """The endpoint's address, when neither `local` nor `peer` carries it (DNS answers do; hops need not set it)."""
    id: int = 0
    """Given by the lab, in the order of arrival."""
    tenant: str = ""
    """Given by the lab from the endpoint's address, unless the observer knows it."""
    endpoint: str = ""
    """Given by the lab from the endpoint's address."""
    at: datetime | None = None
    """The tenant's time; given by the lab, unless the observer knows it."""


EvidenceSink = Callable[[Evidence], None]
"""Where observers hand their records. It returns at once and never raises."""


class Connection(msgspec.Struct, frozen=True, kw_only=True):
    """All records of one client connection, over all observers, in the order of arrival."""

    id: int
    """The id of its first record."""
    endpoint: str
    name: str
    purpose: Purpose | None
    observers: list[str]
    records: list[Evidence]

    def of(self, observer: str) -> list[Evidence]:
        return [record for record in self.records if record.observer == observer]


def join(records: Iterable[Evidence]) -> list[Connection]:
    """Group records into connections by their socket pairs.

    records: in the order of arrival, of one tenant. A record without any socket address (a route, a name looked up)
    is a connection of its own. An ephemeral port that was used again starts a new connection: it is told by a new `tcp`
    step of the same client socket.
    """
    groups: list[list[Evidence]] = []
    by_client: dict[Address, int] = {}
    for record in records:
        ends = _ends(record)
        known = next((by_client[end] for end in ends if end in by_client), None)
        starts_anew = (
            known is not None
            and record.step == "tcp"
            and record.purpose is not None
            and any(earlier.step == "tcp" and earlier.purpose is not None for earlier in groups[known])
        )
        if known is None or starts_anew:
            known = len(groups)
            groups.append([])
        groups[known].append(record)
        for end in ends:
            by_client[end] = known
    return [_connection(group) for group in groups]


def _ends(record: Evidence) -> list[Address]:
    """The client-side addresses by which a record can be recognised: of its own leg and of its onward leg."""
    if record.step in ("device", "route", "dns"):
        return []
    own = record.local if record.purpose is not None else record.peer
    return [end for end in (own, record.onward[0] if record.onward else None) if end is not None]


def _connection(group: list[Evidence]) -> Connection:
    first = group[0]
    return Connection(
        id=first.id,
        endpoint=next((record.endpoint for record in group if record.endpoint), ""),
        name=next((record.name for record in group if record.name), ""),
        purpose=next((record.purpose for record in group if record.purpose), None),
        observers=list(dict.fromkeys(record.observer for record in group)),
        records=group,
    )
