"""The wire types between the agent and the cloud's device channels.

The real protocols are not public, so these are the lab's own: JSON over TLS, on the
documented hosts. The paths are in `docs/contracts.md`. Unknown fields are ignored, so that versions can differ.
"""

from datetime import datetime
from typing import Literal

import msgspec

ENROL_PATH = "commands/enrol"
POLL_PATH = "commands/poll"
RESULT_PATH = "commands/result"
OFFBOARD_PATH = "commands/offboard"
"""These follow the package's command URL, which ends in a slash."""

CYBER_PATH = "/OneCollector/1.0"
"""On the geography's `*-v20.events.data.microsoft.com`, or as the streamlined package says."""

MAX_BODY_BYTES = 1_048_576
"""A larger body is answered with 413 before it is read."""


class Profile(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a device tells about itself at enrolment and at each poll."""

    machine_id: str
    """40 hex digits."""
    name: str
    """The fully qualified host name: `computerDnsName` in the API."""
    os_platform: str
    """As the MDE API spells it, such as `Ubuntu`."""
    os_version: str
    architecture: Literal["64-bit", "32-bit"] = "64-bit"
    client_version: str = ""
    address: str = ""
    mac: str = ""
    tags: dict[str, str] = {}
    definitions_version: str = ""
    antivirus: Literal["real-time", "passive", "off"] = "off"
    user: str = ""
    """The account of the person who uses the device; "" for a device of nobody."""


class Enrolment(msgspec.Struct, frozen=True, kw_only=True):
    """POST enrol. The cloud answers 200 `Enrolled`, 403 for a foreign or offboarded organisation, 400 for a bad package."""

    package: str
    """The outer JSON of the onboarding package."""
    profile: Profile


class Enrolled(msgspec.Struct, frozen=True, kw_only=True):
    token: str
    """The device token: `Authorization: Bearer` of every later call."""
    configuration_version: str


class Poll(msgspec.Struct, frozen=True, kw_only=True):
    """POST poll, about every `poll` of the timing catalogue. The cloud answers 200 `Commands`, 401 for a bad token."""

    profile: Profile


class Command(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    type: str
    """As in machine actions: `RunAntiVirusScan`, `Isolate`, `Unisolate`, `Offboard`, ..."""
    parameters: dict[str, str] = {}


class Commands(msgspec.Struct, frozen=True, kw_only=True):
    commands: tuple[Command, ...] = ()


class CommandResult(msgspec.Struct, frozen=True, kw_only=True):
    """POST result: answered with 204."""

    id: str
    status: Literal["Succeeded", "Failed"]
    message: str = ""


class Offboarding(msgspec.Struct, frozen=True, kw_only=True):
    """POST offboard: the device says goodbye with the package that told it to. Answered with 204."""

    package: str


class Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that the sensor saw."""

    id: str
    """Unique in the tenant; the cloud stores an id once and counts repeats as duplicates."""
    at: datetime
    """The device's time."""
    type: str
    """`Heartbeat`, `ProcessCreated`, `FileCreated`, `FileRead`, `ThreatDetected`, ... (see catalogue/detections)."""
    fields: dict[str, str] = {}
    """Sigma field names: `Image`, `CommandLine`, `ParentImage`, `TargetFilename`, `User`, `ThreatName`, ..."""


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """POST cyber data. Answered with 200 `Stored` only after the events are committed; 401, 413, 429 or 503 otherwise."""

    events: tuple[Event, ...]


class Stored(msgspec.Struct, frozen=True, kw_only=True):
    stored: int
    """How many of the events were new."""
    duplicates: int
