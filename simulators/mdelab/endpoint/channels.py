"""The agent's channels: what is under way on each, and how long each one waits after a failure.

A channel carries one request at a time, and has a back-off of its own, so that one dead URL does not stop the others.
"""

import random
from collections.abc import Iterator
from datetime import timedelta
from typing import get_args

from mdelab.catalogue import timing
from mdelab.endpoint.backoff import Backoff
from mdelab.endpoint.commands import Channel, Command, Request


class Channels:
    """Of one agent."""

    __slots__ = ("_backoffs", "_busy")

    def __init__(self, source: random.Random) -> None:
        """source: jitter."""
        first, most = timing().after("retry_first"), timing().after("retry_most")
        self._backoffs: dict[Channel, Backoff] = {
            channel: Backoff(first, most, source) for channel in get_args(Channel)
        }
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
        return self._backoffs[channel].next(at_least=timedelta(seconds=retry_after_s))

    def succeed(self, channel: Channel) -> None:
        """Forget the failures."""
        self._backoffs[channel].succeeded()

    def failures(self, channel: Channel) -> int:
        """Since the last success."""
        return self._backoffs[channel].failures
