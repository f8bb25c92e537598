"""What the agent wants done. Its counterpart, what happened to it, is `mdelab.endpoint.events`.

A `Request` is answered by exactly one `AnswerReceived` or `Refused` that carries it.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

import msgspec

from mdelab.model.channel import Command as CloudCommand
from mdelab.model.channel import CommandResult, Enrolment, Event, Offboarding, Poll, Report

Channel = Literal["enrol", "poll", "report", "result", "offboard", "definitions"]
"""What a request is about: each has its own back-off, so that one dead URL does not stop the others."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Request:
    """Something to ask of the cloud."""

    channel: Channel
    url: str
    body: msgspec.Struct | None = None
    """POST it as JSON; None means GET, redirects followed."""
    token: str = ""
    """Bearer token of the device; "" before it has one."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SendEnrolment(Request):
    body: Enrolment
    channel: Channel = "enrol"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SendPoll(Request):
    body: Poll
    channel: Channel = "poll"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SendReport(Request):
    body: Report
    channel: Channel = "report"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SendResult(Request):
    body: CommandResult
    channel: Channel = "result"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SendOffboarding(Request):
    body: Offboarding
    channel: Channel = "offboard"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FetchDefinitions(Request):
    channel: Channel = "definitions"


@dataclass(frozen=True, slots=True)
class Persist:
    """Write `agent.saved()` to disk before anything later in the list is carried out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreEvent:
    """Append an event to the queue on disk."""

    event: Event


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgetEvents:
    """The oldest `count` events are acknowledged, or given up: drop them from the disk."""

    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WakeAfter:
    """Send `TimerFired(name)` after `delay`; an earlier timer of that name is replaced."""

    name: str
    delay: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelWake:
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLine:
    """Something for people to read: a line of the client's log, and an event where the platform has an event log."""

    level: Literal["info", "warning", "error"]
    text: str
    symbol: str = ""
    """What happened, as `mdelab.catalogue.sense_events` names it; "" for what is no event."""
    about: str | None = None
    """What the event says of it, such as a URL; None for the text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RemovePackage:
    """Remove the onboarding file: it has served."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Execute:
    """Carry out what the cloud ordered, and say `CommandExecuted`."""

    command: CloudCommand


Command = Request | Persist | StoreEvent | ForgetEvents | WakeAfter | CancelWake | LogLine | RemovePackage | Execute
