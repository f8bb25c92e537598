"""The agent's channels: what is under way on each, and how long each one waits after a failure.

A channel carries one request at a time, and has a back-off of its own, so that one dead URL does not stop the others.
"""

import random
from collections.abc import Iterator
from datetime import timedelta

from mdelab.catalogue import timing
from mdelab.endpoint.backoff import Backoff
from mdelab.endpoint.commands import Channel, Command, Request


class Channels:
    """Of one agent."""

    __slots__ = ("_backoffs", "_busy", "_source")

    def __init__(self, source: random.Random) -> None:
        """source: jitter."""
        self._source = source
        self._backoffs: dict[Channel, Backoff] = {}
        """Of the channels that fail now: most agents of a fleet have none."""
        self._busy: set[Channel] = set()

    def ask(self, request: Request) -> Iterator[Command]:
        """Send, unless the channel is busy: then whoever finishes goes on."""
        if request.channel not in self._busy:
            self._busy.add(request.channel)
            yield request

    def is_busy(self, channel: Channel) -> bool:
        return channel in self._busy

    def free(self, channel: Channel) -> None:
        """Its request was answered, or its answer is no longer waited for."""
        self._busy.discard(channel)

    def free_all(self) -> None:
        self._busy.clear()

    def fail(self, channel: Channel, retry_after_s: int = 0) -> timedelta:
        """Count a failure; the wait before the next try, at least what the peer asked for."""
        if channel not in self._backoffs:
            times = timing()
            self._backoffs[channel] = Backoff(times.after("retry_first"), times.after("retry_most"), self._source)
        return self._backoffs[channel].next(at_least=timedelta(seconds=retry_after_s))

    def succeed(self, channel: Channel) -> None:
        """Forget the failures."""
        self._backoffs.pop(channel, None)

    def failures(self, channel: Channel) -> int:
        """Since the last success."""
        backoff = self._backoffs.get(channel)
        return backoff.failures if backoff else 0
