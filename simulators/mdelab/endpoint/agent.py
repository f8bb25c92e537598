"""The agent (seam only, the machine follows)."""

from datetime import datetime
from enum import StrEnum
from typing import Literal

import msgspec

from mdelab.endpoint.antivirus import Threat
from mdelab.endpoint.settings import AgentSettings
from mdelab.model.package import Package


class AgentState(StrEnum):
    FRESH = "fresh"
    ENROLLING = "enrolling"
    ONBOARDED = "onboarded"
    OFFBOARDING = "offboarding"
    OFFBOARDED = "offboarded"


class Definitions(msgspec.Struct, frozen=True, kw_only=True):
    """The security intelligence that the engine runs with."""

    version: str = ""
    updated: datetime | None = None
    """When they were downloaded; None for those that came with the installation."""
    status: Literal["unavailable", "updating", "up_to_date"] = "unavailable"


class Agent:
    """State that programs read."""

    state: AgentState
    settings: AgentSettings
    onboarding: Package | None
    """The package under which the device is licensed, or enrols."""
    licensed: bool
    waiting: int
    definitions: Definitions
    threats: list[Threat]
    machine_id: str
    tags: dict[str, str]
    first_definitions_done: bool
    last_contact: datetime | None
    configuration_version: str
