"""A time-out on the tenant's clock: a held clock never makes a request late, and moving it does."""

import asyncio
from datetime import timedelta
from types import TracebackType

from mdelab.model.clock import Clock, Timer


class Deadline:
    """`async with Deadline(...)`: raises TimeoutError in the block when the tenant's clock passes it."""

    __slots__ = ("_clock", "_delay", "_is_expired", "_name", "_task", "_timer")

    def __init__(self, clock: Clock, delay: timedelta, name: str) -> None:
        self._clock = clock
        self._delay = delay
        self._name = name
        self._task: asyncio.Task[object] | None = None
        self._timer: Timer | None = None
        self._is_expired = False

    async def __aenter__(self) -> None:
        self._task = asyncio.current_task()
        self._timer = self._clock.call_after(self._delay, self._name, self._expire)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._timer is not None:
            self._timer.cancel()
        # The cancelled timer stays in the clock's queue until its time: it must not keep the task alive until then.
        task, self._task = self._task, None
        if self._is_expired and task is not None and task.uncancel() <= 0 and kind is asyncio.CancelledError:
            raise TimeoutError(f"{self._name}: {self._delay.total_seconds():g} s have passed") from error

    async def _expire(self) -> None:
        if self._task is not None:
            self._is_expired = True
            self._task.cancel()
