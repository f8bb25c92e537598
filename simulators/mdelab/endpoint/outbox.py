"""The agent's outbox: makes events of what was seen, and uploads them until the cloud said that it has them.

The queue in it, and its copy on disk, is `mdelab.endpoint.queue`.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from mdelab.catalogue import timing
from mdelab.endpoint.answers import body_of
from mdelab.endpoint.channels import Channels
from mdelab.endpoint.commands import Command, ForgetEvents, LogLine, Persist, SendReport, StoreEvent, WakeAfter
from mdelab.endpoint.events import AnswerReceived
from mdelab.endpoint.membership import Membership
from mdelab.endpoint.queue import BATCH_EVENTS, Queue
from mdelab.endpoint.state import Saved
from mdelab.model.channel import Event, Stored

_FIELD_CHARACTERS = 4096
"""A longer field of an event is cut."""

_TOO_LARGE = 413


class Outbox:
    """One agent's events on their way."""

    __slots__ = ("_channels", "_machine_id", "_membership", "_most_events", "_saved", "_waits", "queue")

    def __init__(
        self, *, saved: Saved, channels: Channels, membership: Membership, queue: Queue, machine_id: str
    ) -> None:
        self._saved = saved
        self._channels = channels
        self._membership = membership
        self._machine_id = machine_id
        self._most_events = BATCH_EVENTS
        """In one report: fewer after the cloud found one too large."""
        self._waits = False
        """Whether an upload is due later, so that an event need not ask for it."""
        self.queue = queue

    def add(self, type_of_event: str, fields: dict[str, str], now: datetime) -> Iterator[Command]:
        """Make an event, to be uploaded a little later with its neighbours."""
        self._saved.sent += 1
        event = Event(
            id=f"{self._machine_id[:16]}-{self._saved.runs}-{self._saved.sent}",
            at=now,
            type=type_of_event,
            fields={name: value[:_FIELD_CHARACTERS] for name, value in fields.items()},
        )
        if not self.queue.add(event):
            yield LogLine(level="error", text=f"event {event.id} dropped: {len(self.queue)} events wait already")
            return
        yield StoreEvent(event=event)
        yield from self.upload_later()

    def upload(self) -> Iterator[Command]:
        """Send the oldest events now, when there are any."""
        if self.queue and self._membership.package:
            yield from self._channels.ask(
                SendReport(
                    url=self._membership.cyber_url,
                    token=self._membership.token,
                    body=self.queue.batch(self._most_events),
                )
            )

    def upload_later(self) -> Iterator[Command]:
        if not self._waits and not self._channels.is_busy("report"):
            yield from self.upload_after(timing().after("upload"))

    def upload_after(self, delay: timedelta) -> Iterator[Command]:
        self._waits = True
        yield WakeAfter(name="upload", delay=delay)

    def wait_ended(self) -> None:
        """The wait for an upload is over, or cancelled."""
        self._waits = False

    def is_settled_by(self, request: SendReport, answer: AnswerReceived) -> bool:
        """Whether `settle` knows what to do: the cloud has the events, or will never take them, or they are gone."""
        is_gone = not self.queue.still_first(request.body)
        return is_gone or answer.status == _TOO_LARGE or body_of(answer, Stored) is not None

    def settle(self, request: SendReport, answer: AnswerReceived) -> Iterator[Command]:
        """Let go of what the cloud has, or of a single event that it finds too large."""
        count = self.queue.still_first(request.body)
        if not count:
            # The events went meanwhile: another organisation has the device now, and its own events wait.
            return
        if answer.status == _TOO_LARGE and count > 1:
            self._most_events = count // 2
            return
        if answer.status == _TOO_LARGE:
            self.queue.dropped += 1
            yield LogLine(level="error", text=f"event {request.body.events[0].id} dropped: too large for the cloud")
        self._most_events = BATCH_EVENTS
        self._channels.succeed("report")
        yield from self._forget(count)

    def empty(self) -> Iterator[Command]:
        """Give up everything that waits."""
        if self.queue:
            yield from self._forget(len(self.queue))

    def _forget(self, count: int) -> Iterator[Command]:
        self.queue.forget(count)
        # The count of events is saved first: it is a part of the next event's id.
        yield Persist()
        yield ForgetEvents(count=count)
