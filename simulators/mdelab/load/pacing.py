"""The schedule of one share: which agent is due to report when.

It is open: a report is due by the clock, whether or not earlier ones were answered, so a slow cloud shows as latency and
not as fewer reports. Late reports keep the time at which they were due.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Protocol

_GRAIN_S = 0.002
"""Reports due within two milliseconds go out together; finer timers would cost more than they tell."""


class Reporting(Protocol):
    """What the schedule knows of an agent."""

    @property
    def is_onboarded(self) -> bool: ...

    def report(self, due: float, events: int) -> None:
        """Make `events` events and send them. due: the loop's time."""
        ...


class Pace:
    """Sends the reports of one share evenly in time and over its agents. An agent that is not onboarded misses its turn."""

    def __init__(self, agents: Sequence[Reporting], on_lag: Callable[[float], None]) -> None:
        """on_lag: told how late, in seconds, each step of the schedule is."""
        self._agents = agents
        self._on_lag = on_lag
        self._interval_s = 0.0
        self._events = 0
        self._turn = 0
        self._task: asyncio.Task[None] | None = None

    def set(self, reports_per_s: float, events: int) -> None:
        """The new rate counts from now; 0 rests."""
        self.rest()
        if reports_per_s > 0 and self._agents:
            self._interval_s, self._events = 1 / reports_per_s, events
            loop = asyncio.get_running_loop()
            self._task = loop.create_task(self._run(loop.time()))

    def rest(self) -> None:
        if self._task is not None:
            self._task.cancel()
            self._task = None

    async def _run(self, due: float) -> None:
        loop = asyncio.get_running_loop()
        while True:
            now = loop.time()
            if due > now:
                await asyncio.sleep(max(due - now, _GRAIN_S))
                continue
            self._on_lag(now - due)
            agent = self._agents[self._turn % len(self._agents)]
            self._turn += 1
            if agent.is_onboarded:
                agent.report(due, self._events)
            due += self._interval_s
