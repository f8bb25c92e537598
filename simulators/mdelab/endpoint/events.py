"""What can happen to the agent. Its counterpart, what the agent then wants done, is `mdelab.endpoint.commands`."""

from dataclasses import dataclass, field
from typing import Literal

from mdelab.endpoint.antivirus import Threat
from mdelab.endpoint.commands import Request
from mdelab.endpoint.settings import AgentSettings
from mdelab.model.package import Kind


@dataclass(frozen=True, slots=True)
class Started:
    """The daemon began to run, for the first time or again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageDropped:
    """An onboarding or offboarding package appeared on the device, or changed."""

    kind: Kind
    text: str
    """Its outer JSON; "" when the place where it lies cannot be read."""
    place: str = "package"
    """What the file or value is called in which it lies, for people."""
    problem: str = ""
    """Why the place cannot be read; "" when it can."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageRemoved:
    kind: Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class TimerFired:
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerReceived:
    """The cloud, or somebody in its place, answered."""

    request: Request
    status: int
    body: bytes = b""
    retry_after_s: int = 0
    """Of the Retry-After header; 0 when there was none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """No answer came: the connection was refused, broken off or never made."""

    request: Request
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """The sensor saw something on the device."""

    type: str
    fields: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsChanged:
    settings: AgentSettings
    """What is in force now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConflictsChanged:
    """Other programs began or ceased to hold fanotify in blocking mode."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DefinitionsRestored:
    """Somebody put the shipped definitions back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TagSet:
    key: str
    value: str
    """"" removes the tag."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreatSeen:
    """The antivirus found a threat, or did something to one that is known (same id)."""

    threat: Threat


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandExecuted:
    """The sensor has carried out what the cloud ordered."""

    id: str
    status: Literal["Succeeded", "Failed"]
    message: str = ""


Event = (
    Started
    | PackageDropped
    | PackageRemoved
    | TimerFired
    | AnswerReceived
    | Refused
    | Observed
    | SettingsChanged
    | ConflictsChanged
    | DefinitionsRestored
    | TagSet
    | ThreatSeen
    | CommandExecuted
)
