"""The seam between a device and its programs: what a program is given, and what it can ask of the device.

Programs themselves are `mdelab.endpoint.programs`; the device that runs them is `mdelab.endpoint.sensor`.
"""

import io
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol

from mdelab.endpoint.agent import Agent
from mdelab.endpoint.antivirus import Threat
from mdelab.endpoint.machine import Machine
from mdelab.endpoint.outcome import Failure, Reply
from mdelab.model.evidence import EvidenceSink, Purpose
from mdelab.model.tenant import Tenant
from mdelab.model.trust import Trust


@dataclass(slots=True)
class Io:
    """What one run of a program reads and writes."""

    stdin: bytes = b""
    env: dict[str, str] = field(default_factory=dict)
    cwd: str = "/"
    out: io.StringIO = field(default_factory=io.StringIO)
    err: io.StringIO = field(default_factory=io.StringIO)
    not_simulated: list[str] = field(default_factory=list)
    """What was asked for and is not simulated; the program says it on `err` too. Not empty makes a result inconclusive."""


class Device(Protocol):
    """What a program can touch."""

    @property
    def machine(self) -> Machine: ...

    @property
    def tenant(self) -> Tenant: ...

    @property
    def agent(self) -> Agent: ...

    @property
    def sink(self) -> EvidenceSink:
        """Where a program with a network view of its own, such as curl, hands its evidence."""
        ...

    async def fetch(self, url: str, *, purpose: Purpose, trust: Trust, method: str = "GET") -> Reply | Failure:
        """One request the way the agent would send it: its route, no cookies, no redirects followed."""
        ...

    async def resolve(self, name: str) -> str | None:
        """Ask the device's DNS server for an address; None when there is none."""
        ...

    def observe(self, type: str, **fields: str) -> None:  # noqa: A002 (the field's name in an Event)
        """The sensor saw something: an event if the device is onboarded, nothing otherwise."""
        ...

    def configure(self, **changes: object) -> None:
        """Change local agent settings (fields of AgentSettings) and persist them. Raises LabError."""
        ...

    def set_tag(self, key: str, value: str) -> None:
        """Set a device tag; "" removes it. The cloud hears of it at the next poll."""
        ...

    def update_threat(self, threat: Threat) -> None:
        """Replace the threat of the same id, after a restore or a removal."""
        ...

    async def sleep(self, delay: timedelta) -> None:
        """Wait, in the tenant's time: it comes back when the clock was moved that far."""
        ...

    async def run(self, argv: list[str], *, io: Io) -> int:
        """Run another program of the device; it is observed as a process."""
        ...

    async def refresh_definitions(self) -> bool:
        """Download definitions now. False when that failed."""
        ...

    def restore_definitions(self) -> None:
        """Go back to the definitions that the client was shipped with."""
        ...

    def scan_file(self, path: str, *, ignore_exclusions: bool = False) -> Threat | None:
        """Scan one file now; quarantines what it finds, or only reports it when the antivirus is passive."""
        ...

    async def control_service(self, name: str, running: bool) -> None:
        """Start or stop a service of the device. Stopping `mdatp` ends the agent's traffic and protection."""
        ...


Program = Callable[[Device, list[str], Io], Awaitable[int]]
"""argv[0] is the program's name; the answer is its exit code."""
