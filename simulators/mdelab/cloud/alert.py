"""An alert as the cloud keeps it. How it comes about is `detection/`, how the API shows it `mde_api/alerts.py`."""

from dataclasses import dataclass, field
from datetime import datetime

from mdelab.model.channel import Event

SEVERITIES = ("UnSpecified", "Informational", "Low", "Medium", "High")
"""From least to most. Source: defender-docs api/alerts.md."""

MOST_EVIDENCE = 50
"""Events that one alert keeps; a flood updates its times only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comment:
    text: str
    by: str
    at: datetime


@dataclass(slots=True, kw_only=True, eq=False)
class Alert:
    """One alert on one device. Fields as defender-docs api/alerts.md has them."""

    id: str
    rule: str
    """The id of the detection rule."""
    machine_id: str
    title: str
    description: str
    severity: str
    category: str
    detection_source: str
    threat_name: str | None
    threat_family: str | None
    techniques: tuple[str, ...]
    created: datetime
    updated: datetime
    first_event: datetime
    last_event: datetime
    events: list[Event]
    status: str = "New"
    classification: str | None = None
    determination: str | None = None
    assigned_to: str | None = None
    resolved: datetime | None = None
    comments: list[Comment] = field(default_factory=list)

    @property
    def is_open(self) -> bool:
        """Whether it counts as active: new events update it, and it raises the device's risk."""
        return self.status in ("New", "InProgress")

    def extend(self, events: list[Event], now: datetime) -> None:
        """More events of the same rule and device."""
        self.first_event = min([self.first_event, *(event.at for event in events)])
        self.last_event = max([self.last_event, *(event.at for event in events)])
        self.events += events[: max(0, MOST_EVIDENCE - len(self.events))]
        self.updated = now
