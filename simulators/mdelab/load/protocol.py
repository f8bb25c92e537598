"""What a fleet and its worker processes say to each other: JSON lines over the worker's standard input and output.

Orders go in, messages come out. A worker ends when its standard input closes, so that a killed owner leaves nothing
behind. The two ends are `mdelab.load.fleet` and `mdelab.load.worker`.
"""

import msgspec

from mdelab.lab.wire import FleetRange
from mdelab.model.latency import LoadChannel

ENROL = "enrol"
REPORT = "cyber report"
OFFBOARD = "offboard"
"""The names of the operations, as Locust's tables show them."""

CHANNELS: dict[str, LoadChannel] = {ENROL: "enrol", REPORT: "cyber", OFFBOARD: "offboard"}
"""Operation -> the channel whose latency it is, as thresholds name it."""


class FleetPlan(msgspec.Struct, frozen=True, kw_only=True):
    """What the agents of a fleet need to know. It holds a package: it belongs on pipes, never into a report."""

    tenant: str
    """The Entra tenant id."""
    org_id: str
    tenant_name: str
    scenario: str
    seed: int
    """The lab's seed."""
    prefix: str
    """Endpoint names are `<prefix>-<number>`, numbered from 1 as the lab numbers them."""
    range: FleetRange
    onboarding: str
    """The outer JSON of the onboarding package."""
    offboarding: str = ""
    """The outer JSON of the offboarding package; "" when the agents stay onboarded."""

    @property
    def size(self) -> int:
        return len(self.range.addresses)


class Share(msgspec.Struct, frozen=True):
    """A run of agents that is steered together: numbers `first` up to but not including `first + count`, from 0."""

    first: int
    count: int


class Equip(msgspec.Struct, frozen=True, tag="equip"):
    """The first order: what every agent of this worker needs."""

    plan: FleetPlan


class Begin(msgspec.Struct, frozen=True, tag="begin"):
    """Make the agents of this share and drop the onboarding package on each."""

    share: Share


class Rate(msgspec.Struct, frozen=True, tag="rate"):
    """From now on the share sends this many reports a second, spread evenly over time and agents. 0 rests."""

    share: Share
    reports_per_s: float
    events: int = 10
    """Events in a report."""


class Drain(msgspec.Struct, frozen=True, tag="drain"):
    """Make no more events; send what waits, then offboard if the plan has a package. Answered with `Drained`."""

    within_s: float


class Stop(msgspec.Struct, frozen=True, tag="stop"):
    """Close every connection and exit."""


Order = Equip | Begin | Rate | Drain | Stop


class Operation(msgspec.Struct, frozen=True, array_like=True):
    """One thing that an agent did or tried."""

    name: str
    share: int
    """The `first` of the share that the agent is in."""
    intended_at: float
    """When it should have begun, by the schedule: seconds since 1970. Waiting in a queue counts as latency."""
    latency_ms: float
    outcome: str
    """"" for success, else what failed, in the agent's words."""
    events: int = 0
    """Events acknowledged by it."""


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """The worker's own counters, over all its agents since it began."""

    agents: int = 0
    onboarded: int = 0
    """Agents whose enrolment the cloud has accepted at some time."""
    offboarded: int = 0
    sent: int = 0
    """Events made."""
    waiting: int = 0
    """Events made and not acknowledged."""
    acknowledged: int = 0
    """Events that the cloud has acknowledged, counted from its answers and not from the two others."""
    dropped: int = 0
    """Events that a full queue has thrown away; they stay in `sent`."""

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(
            **{name: getattr(self, name) + getattr(other, name) for name in Counts.__struct_fields__},
        )


class Ready(msgspec.Struct, frozen=True, tag="ready"):
    """The worker has read its plan and takes orders."""

    pid: int


class Batch(msgspec.Struct, frozen=True, tag="batch"):
    """What happened since the last batch. Sent about twice a second while anything happens."""

    counts: Counts
    operations: list[Operation]


class Drained(msgspec.Struct, frozen=True, tag="drained"):
    """The answer to `Drain`, after the last batch. `counts.waiting` is 0 unless the time was up."""

    counts: Counts
    rss_bytes: int
    """The worker's resident memory at the end."""
    cpu_s: float
    """Processor time of the worker, user and system."""
    lag_ms: float
    """How late its schedule was at the worst: a large value means that the generator was the bottleneck."""


class Trouble(msgspec.Struct, frozen=True, tag="trouble"):
    """The worker cannot go on; it exits after this."""

    message: str


Message = Ready | Batch | Drained | Trouble

encode = msgspec.json.Encoder().encode
decode_order = msgspec.json.Decoder(Order).decode
decode_message = msgspec.json.Decoder(Message).decode

__all__ = [
    "CHANNELS",
    "ENROL",
    "OFFBOARD",
    "REPORT",
    "Batch",
    "Begin",
    "Counts",
    "Drain",
    "Drained",
    "Equip",
    "FleetPlan",
    "Message",
    "Operation",
    "Order",
    "Rate",
    "Ready",
    "Share",
    "Stop",
    "Trouble",
    "decode_message",
    "decode_order",
    "encode",
]
