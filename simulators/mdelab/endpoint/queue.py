"""Events that wait to be acknowledged: in memory for the agent, and on disk so that they survive a restart.

The agent decides (`Queue`, pure); the sensor mirrors each change to disk (`QueueStore`).
"""

from collections import deque
from collections.abc import Iterable

import msgspec

from mdelab.endpoint.files import FileTree
from mdelab.model.channel import Event, Report

CAPACITY = 10_000
"""Events; at 300 bytes each that is 3 MB of disk, which an outage of days does not exceed."""

BATCH_EVENTS = 100
_BATCH_BYTES = 262_144
"""A quarter of what the cloud takes, so that one odd event does not make a batch too large."""

_SEGMENT_EVENTS = 500
"""Events a file: an acknowledgement rewrites at the most one file of this length."""


class Queue:
    """First in, first out, bounded. Nothing leaves it but by `forget`."""

    __slots__ = ("_capacity", "_events", "dropped")

    def __init__(self, events: Iterable[Event] = (), capacity: int = CAPACITY) -> None:
        self._events = deque(events)
        self._capacity = capacity
        self.dropped = 0
        """Events that found no room."""

    def __len__(self) -> int:
        return len(self._events)

    def add(self, event: Event) -> bool:
        """False when there was no room; the drop is counted, and what waits already is kept."""
        if len(self._events) >= self._capacity:
            self.dropped += 1
            return False
        self._events.append(event)
        return True

    def batch(self, most_events: int = BATCH_EVENTS) -> Report:
        """The oldest events, as many as fit one report; at least one when any waits."""
        taken: list[Event] = []
        size = 0
        for event in self._events:
            size += len(msgspec.json.encode(event))
            if taken and (size > _BATCH_BYTES or len(taken) >= most_events):
                break
            taken.append(event)
        return Report(events=tuple(taken))

    def still_first(self, report: Report) -> int:
        """How many events of `report` are (still) the oldest here: all of them, or 0 when they are gone already."""
        count = len(report.events)
        is_first = len(self._events) >= count > 0 and self._events[0].id == report.events[0].id
        return count if is_first else 0

    def forget(self, count: int) -> None:
        """Drop the oldest `count`."""
        for _ in range(count):
            self._events.popleft()


class QueueStore:
    """The same queue as JSON lines, in files of a bounded length."""

    __slots__ = ("_files", "_folder", "_segments")

    def __init__(self, files: FileTree, folder: str) -> None:
        self._files = files
        self._folder = folder
        self._segments: deque[tuple[int, int]] = deque()
        """(number, events in it), oldest first."""

    def load(self) -> list[Event]:
        """All events, oldest first. A last line that a crash cut short is dropped: it was never counted as stored."""
        self._segments.clear()
        found: list[Event] = []
        for path in self._files.paths(self._folder):
            number = path.rsplit("/", 1)[-1].removesuffix(".jsonl")
            if not number.isdigit():
                continue
            content = self._files.read(path)
            events = _decode(content)
            if events:
                whole = b"".join(content.splitlines(keepends=True)[: len(events)])
                if whole != content:
                    self._files.write(path, whole, 0o600)
                self._segments.append((int(number), len(events)))
                found += events
            else:
                self._files.remove(path)
        return found

    def append(self, event: Event) -> None:
        if not self._segments or self._segments[-1][1] >= _SEGMENT_EVENTS:
            self._segments.append((self._segments[-1][0] + 1 if self._segments else 1, 0))
        number, length = self._segments[-1]
        self._files.append(self._path(number), msgspec.json.encode(event) + b"\n")
        self._segments[-1] = (number, length + 1)

    def forget(self, count: int) -> None:
        """Drop the oldest `count`."""
        while count > 0 and self._segments:
            number, length = self._segments[0]
            if count >= length:
                self._files.remove(self._path(number))
                self._segments.popleft()
            else:
                lines = self._files.read(self._path(number)).splitlines(keepends=True)
                self._files.write(self._path(number), b"".join(lines[count:]), 0o600)
                self._segments[0] = (number, length - count)
            count -= length

    def _path(self, number: int) -> str:
        return f"{self._folder}/{number:08d}.jsonl"


def _decode(content: bytes) -> list[Event]:
    events: list[Event] = []
    for line in content.splitlines():
        try:
            events.append(msgspec.json.decode(line, type=Event))
        except msgspec.DecodeError:
            break
    return events
