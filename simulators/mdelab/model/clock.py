"""A tenant's clock: the time that its devices and its cloud live by, and the timers that wait on it.

A *held* clock moves only when it is told to; a *live* one is the host's time plus an offset. This module keeps the time
and the queue of timers. Who fires what is due, and waits until the tenant is quiet again, is `mdelab.lab.time`.
"""

import heapq
import itertools
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from enum import StrEnum

Action = Callable[[], Awaitable[None]]
"""What a timer does when it fires. It must not raise; it registers its work in the tenant's `Work`."""

EPOCH = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
"""Where a held clock begins: a Monday morning, so that logs of two runs compare."""


class ClockMode(StrEnum):
    HELD = "held"
    LIVE = "live"


class Timer:
    """One waiting action. `cancel` is harmless after it has fired."""

    __slots__ = ("action", "due", "is_cancelled", "name")

    def __init__(self, due: datetime, name: str, action: Action) -> None:
        self.due = due
        self.name = name
        self.action = action
        self.is_cancelled = False

    def cancel(self) -> None:
        self.is_cancelled = True


class Clock:
    """The time of one tenant."""

    def __init__(self, mode: ClockMode = ClockMode.HELD, start: datetime | None = None) -> None:
        """start: aware; a held clock begins there (default `EPOCH`), a live one shows it now (default: host time)."""
        self.mode = mode
        self._held_at = start or EPOCH
        self._offset_s = (start.timestamp() - time.time()) if start and mode is ClockMode.LIVE else 0.0
        self._queue: list[tuple[datetime, int, Timer]] = []
        self._order = itertools.count()
        self.on_change: Callable[[], None] | None = None
        """Called when a timer was added or the time was moved; the live runner waits on it."""

    def now(self) -> datetime:
        """Aware, in UTC."""
        if self.mode is ClockMode.HELD:
            return self._held_at
        return datetime.fromtimestamp(time.time() + self._offset_s, UTC)

    def call_at(self, due: datetime, name: str, action: Action) -> Timer:
        """Run `action` at `due`; timers with one due time fire in the order in which they were set."""
        timer = Timer(due, name, action)
        heapq.heappush(self._queue, (due, next(self._order), timer))
        if self.on_change:
            self.on_change()
        return timer

    def call_after(self, delay: timedelta, name: str, action: Action) -> Timer:
        return self.call_at(self.now() + delay, name, action)

    def next_due(self) -> datetime | None:
        """When the next timer is due, or None when none waits."""
        while self._queue and self._queue[0][2].is_cancelled:
            heapq.heappop(self._queue)
        return self._queue[0][0] if self._queue else None

    def pop_due(self) -> list[Timer]:
        """Take all timers due at the earliest due time that is not after now, in order; empty when none is due."""
        due = self.next_due()
        now = self.now()
        taken: list[Timer] = []
        while due is not None and due <= now and self.next_due() == due:
            taken.append(heapq.heappop(self._queue)[2])
        return taken

    def pop_first(self) -> Timer | None:
        """Take the first timer that is due; None when none is."""
        due = self.next_due()
        return heapq.heappop(self._queue)[2] if due is not None and due <= self.now() else None

    def move_to(self, moment: datetime) -> None:
        """Set a held clock; shift a live one so that it shows `moment` now. Time never runs backwards.

        A live clock that is past `moment` already stays as it is; a held one raises ValueError.
        """
        now = self.now()
        if self.mode is ClockMode.LIVE:
            self._offset_s += max(0.0, (moment - now).total_seconds())
        elif moment < now:
            raise ValueError(f"a clock cannot go back from {now.isoformat()} to {moment.isoformat()}")
        else:
            self._held_at = moment
        if self.on_change:
            self.on_change()

    def clear(self) -> None:
        """Drop every timer, as when the tenant ends."""
        self._queue.clear()
