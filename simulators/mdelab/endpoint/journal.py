"""Where a client's words to people go: into the core log, and into the event log of a device that has one."""

from collections.abc import Callable
from datetime import datetime

from mdelab.endpoint.commands import LogLine
from mdelab.endpoint.log import MOST_BYTES, CoreLog
from mdelab.endpoint.machine import Machine
from mdelab.endpoint.sense_log import SenseLog
from mdelab.model.errors import LabError


class Journal:
    """Of one device."""

    __slots__ = ("_core", "_sense")

    def __init__(self, machine: Machine, machine_id: Callable[[], str], most_bytes: int = MOST_BYTES) -> None:
        """most_bytes: of the core log."""
        self._core = CoreLog(machine.files, machine.paths, most_bytes)
        self._sense = SenseLog(machine.event_log, machine_id) if machine.event_log else None

    def write(self, line: LogLine, now: datetime) -> None:
        """now: by the device's own clock."""
        self._core.write(line.level, line.text, now)
        if self._sense is None or not line.symbol:
            return
        try:
            self._sense.write(line.symbol, line.text if line.about is None else line.about, now)
        except LabError as error:
            # Somebody has damaged the event log; the client works all the same.
            self._core.write("error", str(error), now)
