"""A device's open connections: those that wait for the next request of the same kind, and all that are to be closed."""

import asyncio

from mdelab.endpoint.attempt import Wanted
from mdelab.endpoint.wire import Wire

_CLOSING_S = 1.0
"""Host time that closing connections may take before they are cut."""


class Pool:
    """Keeps the most recently used."""

    __slots__ = ("_idle", "_most_idle", "_open")

    def __init__(self, most_idle: int) -> None:
        """most_idle: connections that are kept for the next request."""
        self._most_idle = most_idle
        self._idle: list[tuple[Wanted, Wire]] = []
        """Most recently used last."""
        self._open: set[Wire] = set()

    def add(self, wire: Wire) -> None:
        """Note a connection that was just opened; it leaves by itself when it is gone."""
        self._open.add(wire)
        wire.gone.add_done_callback(lambda _: self._open.discard(wire))

    def take(self, wanted: Wanted) -> Wire | None:
        """An idle connection that fits, which then is no longer idle."""
        for index, (kept, wire) in enumerate(self._idle):
            if kept == wanted and not wire.is_closed:
                del self._idle[index]
                return wire
        return None

    def keep(self, wanted: Wanted, wire: Wire) -> None:
        """Keep a connection for the next request; the oldest one goes when there are too many."""

        def forget(_: Exception | None) -> None:
            self._idle = [(known, other) for known, other in self._idle if other is not wire]
            wire.close()

        wire.receive, wire.ended = None, forget
        self._idle.append((wanted, wire))
        if len(self._idle) > self._most_idle:
            _, oldest = self._idle.pop(0)
            oldest.close()

    def drop_idle(self) -> None:
        """Close those that wait for a next request."""
        idle, self._idle = self._idle, []
        for _, wire in idle:
            wire.close()

    async def close(self) -> None:
        """Close every connection and wait until they are gone."""
        self._idle.clear()
        wires = list(self._open)
        for wire in wires:
            wire.close()
        if wires:
            done = asyncio.gather(*(wire.gone for wire in wires), return_exceptions=True)
            try:
                await asyncio.wait_for(done, _CLOSING_S)
            except TimeoutError:
                for wire in wires:
                    wire.abort()
