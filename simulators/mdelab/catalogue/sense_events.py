"""The events that the Defender client writes into the event log of a Windows device, by the agent's word for what happened."""

from functools import cache
from typing import Literal

import msgspec

from mdelab.catalogue.read import read
from mdelab.model.basis import Basis


class SenseEvent(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    symbol: str
    id: int
    channel: str
    level: Literal["Information", "Warning", "Error"]
    provider: str
    """What the event log calls the source."""
    text: str
    """With `{text}` for the agent's own words and `{machine_id}`."""
    basis: Basis
    source: str


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    event: tuple[SenseEvent, ...]


@cache
def sense_events() -> tuple[SenseEvent, ...]:
    return read("sense_events.toml", _File).event


@cache
def events_of(symbol: str) -> tuple[SenseEvent, ...]:
    """In the order in which they are written; empty for what Windows does not log."""
    return tuple(row for row in sense_events() if row.symbol == symbol)
