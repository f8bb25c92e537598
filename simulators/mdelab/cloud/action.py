"""A machine action: what the API orders for a device. The device takes it at its next poll and reports back."""

from dataclasses import dataclass, field
from datetime import datetime

from mdelab.model.channel import Command

OPEN = ("Pending", "InProgress")
"""States that still change. Source: defender-docs api/machineaction.md."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveCommand:
    type: str
    params: tuple[tuple[str, str], ...]
    """Key and value, in order."""


@dataclass(slots=True, kw_only=True, eq=False)
class Action:
    id: str
    type: str
    scope: str | None
    requestor: str
    comment: str
    machine_id: str
    created: datetime
    updated: datetime
    status: str = "Pending"
    cancelled_by: str | None = None
    cancel_comment: str | None = None
    cancelled_at: datetime | None = None
    parameters: dict[str, str] = field(default_factory=dict)
    """What the device is told beside the type."""
    live_commands: list[LiveCommand] = field(default_factory=list)
    """Of a live response."""
    message: str = ""
    """What the device said with its result."""

    @property
    def is_open(self) -> bool:
        return self.status in OPEN

    def command(self) -> Command:
        """What the device is told."""
        return Command(id=self.id, type=self.type, parameters=self.parameters)
