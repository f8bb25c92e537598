"""The event log of a Windows device: channels of numbered events, as JSON lines that a user can look at.

Which events the Defender client writes is data (`mdelab.catalogue.sense_events`).
"""

import re
from datetime import datetime
from typing import Literal

import msgspec

from mdelab.endpoint.files import FileTree
from mdelab.model.errors import LabError

FOLDER = "/C:/Windows/System32/winevt/Logs"

MOST_BYTES = 1_052_672
"""The default size of a channel (1,028 KiB); the older half goes when it is full, where Windows drops event by event."""

Level = Literal["Information", "Warning", "Error", "Critical", "Verbose"]

_CHANNEL = re.compile(r"[A-Za-z0-9 _.-]+(/[A-Za-z0-9 _.-]+)?")


class EventRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One event as it was written."""

    record: int
    """Counts up in its channel, from 1."""
    channel: str
    id: int
    level: Level
    source: str
    text: str
    at: datetime
    """By the device's own clock."""


class EventLog:
    """One device's."""

    __slots__ = ("_files", "_most_bytes", "_next")

    def __init__(self, files: FileTree, most_bytes: int = MOST_BYTES) -> None:
        self._files = files
        self._most_bytes = most_bytes
        self._next: dict[str, tuple[int, int]] = {}
        """Channel -> (its next record, its size in bytes)."""

    def add(self, channel: str, id: int, level: Level, source: str, text: str, at: datetime) -> None:  # noqa: A002
        """Write one event. Raises LabError for a channel whose name cannot be."""
        path = path_of(channel)
        if channel not in self._next or not self._files.exists(path):
            known = self.read(channel)
            size = len(self._files.read(path)) if known else 0
            self._next[channel] = (known[-1].record + 1 if known else 1, size)
        record, size = self._next[channel]
        line = _line(
            EventRecord(record=record, channel=channel, id=id, level=level, source=source, text=text, at=at),
        )
        if size and size + len(line) > self._most_bytes:
            lines = self._files.read(path).splitlines(keepends=True)
            kept = b"".join(lines[len(lines) // 2 + 1 :])
            self._files.write(path, kept)
            size = len(kept)
        self._files.append(path, line)
        self._next[channel] = (record + 1, size + len(line))

    def read(self, channel: str) -> list[EventRecord]:
        """Oldest first; empty for a channel without events. Raises LabError for a file that cannot be read."""
        path = path_of(channel)
        try:
            content = self._files.read(path)
        except FileNotFoundError:
            return []
        found = []
        for number, line in enumerate(content.splitlines(), start=1):
            try:
                found.append(msgspec.json.decode(line, type=EventRecord))
            except msgspec.DecodeError as error:
                raise LabError(
                    f"the event log of the device ({path}, line {number}) cannot be read: {error}. "
                    "Correct or remove the file."
                ) from error
        return found


def path_of(channel: str) -> str:
    """The file of a channel, with `/` as Windows writes it into file names. Raises LabError."""
    if not _CHANNEL.fullmatch(channel):
        raise LabError(
            f"{channel!r} is no name of an event log. Write it such as Microsoft-Windows-SENSE/Operational or Application."
        )
    return f"{FOLDER}/{channel.replace('/', '%4')}.jsonl"


def _line(event: EventRecord) -> bytes:
    return msgspec.json.encode(event) + b"\n"
