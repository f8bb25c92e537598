"""The client's log on a Windows device: events in the event log instead of lines in a file.

The counterpart of `mdelab.endpoint.log` for Linux and macOS. Which symbol is which event is data
(`mdelab.catalogue.sense_events`); a symbol without a row is not logged on Windows.
"""

from collections.abc import Callable
from datetime import datetime

from mdelab.catalogue.sense_events import events_of
from mdelab.endpoint.event_log import EventLog


class SenseLog:
    __slots__ = ("_log", "_machine_id")

    def __init__(self, log: EventLog, machine_id: Callable[[], str]) -> None:
        self._log = log
        self._machine_id = machine_id

    def write(self, symbol: str, text: str, now: datetime) -> None:
        """Write what `symbol` stands for. text: the agent's own words, such as a URL."""
        for row in events_of(symbol):
            # Not str.format: the agent's words may hold braces.
            said = row.text.replace("{machine_id}", self._machine_id()).replace("{text}", " ".join(text.splitlines()))
            self._log.add(row.channel, row.id, row.level, row.provider, said.strip(), now)
