"""What the agent remembers, and what of it survives a restart of the daemon."""

from datetime import datetime
from enum import StrEnum
from typing import Literal

import msgspec

from mdelab.endpoint.antivirus import Threat
from mdelab.model.channel import CommandResult


class AgentState(StrEnum):
    """See the table in `mdelab.endpoint.agent`."""

    FRESH = "fresh"
    ENROLLING = "enrolling"
    ONBOARDED = "onboarded"
    OFFBOARDING = "offboarding"
    OFFBOARDED = "offboarded"


Isolation = Literal["", "Full", "Selective"]
"""How the cloud has cut the device off from the network; its own cloud it still reaches."""


class Definitions(msgspec.Struct, frozen=True, kw_only=True):
    """The security intelligence that the engine runs with."""

    version: str = ""
    updated: datetime | None = None
    """When they were downloaded; None before the first download."""
    status: Literal["unavailable", "updating", "up_to_date"] = "unavailable"


class Saved(msgspec.Struct, kw_only=True):
    """The agent's memory, as `wdavstate` holds it. The queue of events has files of its own."""

    state: AgentState = AgentState.FRESH
    package: str = ""
    """The outer JSON of the onboarding package in force."""
    goodbye: str = ""
    """The outer JSON of the offboarding package that is being obeyed."""
    goodbye_order: str = ""
    """The id of the cloud's order to leave that is being obeyed."""
    isolation: Isolation = ""
    token: str = ""
    configuration_version: str = ""
    tags: dict[str, str] = {}
    definitions: Definitions = Definitions()
    first_definitions_done: bool = False
    threats: list[Threat] = []
    executed: list[str] = []
    """Ids of the cloud's commands that were taken, newest last."""
    results: list[CommandResult] = []
    """Not yet told to the cloud."""
    runs: int = 0
    """How often the daemon was started: a part of each event's id, so that no id is given twice."""
    sent: int = 0
    """Events made, ever."""
