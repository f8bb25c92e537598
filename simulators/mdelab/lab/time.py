"""Moves tenants' clocks: fires what is due, in order, and waits until the tenant is quiet again.

The clock itself and its queue of timers are in `mdelab.model.clock`; what counts as in flight is in `mdelab.model.work`.
"""

import asyncio
import contextlib
from collections.abc import Coroutine
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar

from mdelab.lab.wire import ClockInfo, ClockMove
from mdelab.model.clock import Clock, ClockMode, Timer
from mdelab.model.errors import LabError, NotReady
from mdelab.model.tenant import Tenant

T = TypeVar("T")

QUIET_WITHIN_S = 30.0
"""Host time that a tenant may take to become quiet; longer means that something hangs in the lab itself."""

_SETTLING_PASSES = 3
"""Passes of the event loop for which a tenant must stay quiet: work that just ended may be about to start more."""


def clock_info(clock: Clock) -> ClockInfo:
    return ClockInfo(mode=clock.mode.value, now=clock.now(), next_due=clock.next_due())


def end_of(move: ClockMove, now: datetime) -> datetime:
    """The moment to which a move goes. now: the tenant's time. Raises LabError for a move that is not possible."""
    if (move.seconds is None) == (move.until is None):
        raise LabError("a clock is moved either by `seconds` or `until` a moment. Give exactly one of the two.")
    try:
        end = move.until if move.until is not None else now + timedelta(seconds=move.seconds or 0)
    except OverflowError as error:
        raise LabError(f"{move.seconds} s is further than a calendar goes. Give fewer seconds.") from error
    if end.tzinfo is None:
        raise LabError(f"{end.isoformat()} has no time zone. Write it with one, such as 2026-01-05T10:00:00Z.")
    if end < now:
        raise LabError(
            f"the tenant's time is {now.isoformat()}: it cannot go back to {end.isoformat()}. Give a later moment."
        )
    return end


class Elsewhere(Protocol):
    """What of a tenant happens in processes of its own."""

    async def tell_time(self, tenant: Tenant) -> None:
        """Return when all of them live by the tenant's new time."""
        ...

    async def look(self, tenant: Tenant) -> None:
        """Return when whatever is in flight there stands in the tenant's ledger."""
        ...


class TimeKeeper:
    """Moves held clocks on request, and runs live ones."""

    def __init__(self, quiet_within_s: float = QUIET_WITHIN_S) -> None:
        self.elsewhere: Elsewhere | None = None
        """Set by the lab; None when everything happens in this process."""
        self._quiet_within_s = quiet_within_s
        self._locks: dict[str, asyncio.Lock] = {}
        self._runners: dict[str, asyncio.Task[None]] = {}
        self._actions: set[asyncio.Task[None]] = set()

    def watch(self, tenant: Tenant) -> None:
        """Begin to serve a tenant; a live one's timers fire by themselves from now on."""
        self._locks[tenant.id] = asyncio.Lock()
        if tenant.clock.mode is ClockMode.LIVE:
            self._runners[tenant.id] = asyncio.create_task(self._run_live(tenant))

    async def forget(self, tenant: Tenant) -> None:
        """Stop serving a tenant; its timers never fire again."""
        tenant.clock.clear()
        runner = self._runners.pop(tenant.id, None)
        if runner is not None:
            runner.cancel()
            await asyncio.gather(runner, return_exceptions=True)
        self._locks.pop(tenant.id, None)

    async def move(self, tenant: Tenant, end: datetime, *, step: bool = False) -> None:
        """Bring the tenant's time to `end`: what is due happens on the way, each thing before the next.

        step: stop after the first moment at which something was due. Raises NotReady when the tenant does not become
        quiet; the message lists what is in flight.
        """
        async with self._locks[tenant.id]:
            await self.settle(tenant)
            while (due := tenant.clock.next_due()) is not None and due <= end:
                await self._move_to(tenant, max(due, tenant.clock.now()))
                await self._fire(tenant, tenant.clock.pop_due())
                if step:
                    return
            if end > tenant.clock.now():
                await self._move_to(tenant, end)

    async def settle(self, tenant: Tenant) -> None:
        """Return when nothing of the tenant is in flight, except what waits on a held connection."""
        changed = asyncio.Event()
        try:
            async with asyncio.timeout(self._quiet_within_s):
                with tenant.work.watching(changed.set):
                    changed.set()
                    while changed.is_set():
                        await _rest(tenant, changed)
                        changed.clear()
                        if self.elsewhere is not None:
                            await self.elsewhere.look(tenant)
        except TimeoutError as error:
            flying = ", ".join(tenant.work.in_flight()) or "nothing by now"
            raise NotReady(
                f"tenant {tenant.name!r} did not become quiet within {self._quiet_within_s:g} s of host time. "
                f"Still in flight: {flying}. If a hop keeps these waiting on purpose, it must report them as held; "
                "else look at `mdelab diagnose` and the lab's log."
            ) from error

    async def run(self, tenant: Tenant, program: Coroutine[Any, Any, T]) -> T:
        """Run a program of the tenant. While it sleeps or is held and nothing else is in flight, a held clock goes on."""
        if tenant.clock.mode is ClockMode.LIVE:
            return await program
        changed = asyncio.Event()
        task = asyncio.ensure_future(program)
        task.add_done_callback(lambda _: changed.set())
        try:
            with tenant.work.watching(changed.set):
                while not task.done():
                    changed.clear()
                    if await _waits_for_time(tenant) and (due := tenant.clock.next_due()) is not None:
                        await self.move(tenant, due, step=True)
                    else:
                        await changed.wait()
            return await task
        finally:
            task.cancel()

    async def _move_to(self, tenant: Tenant, moment: datetime) -> None:
        tenant.clock.move_to(moment)
        if self.elsewhere is not None:
            await self.elsewhere.tell_time(tenant)

    async def _fire(self, tenant: Tenant, timers: list[Timer]) -> None:
        for timer in timers:
            self._start(timer)
            await self.settle(tenant)

    def _start(self, timer: Timer) -> None:
        """Run the timer's action as a task: it may wait on a connection that only the moving clock will end."""
        if not timer.is_cancelled:
            action = asyncio.ensure_future(timer.action())
            self._actions.add(action)
            action.add_done_callback(self._actions.discard)

    async def _run_live(self, tenant: Tenant) -> None:
        changed = asyncio.Event()
        tenant.clock.on_change = changed.set
        while True:
            changed.clear()
            due = tenant.clock.next_due()
            wait_s = None if due is None else max(0.0, (due - tenant.clock.now()).total_seconds())
            if wait_s is None or wait_s > 0:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(changed.wait(), wait_s)
                continue
            for timer in tenant.clock.pop_due():
                self._start(timer)


async def _waits_for_time(tenant: Tenant) -> bool:
    """Whether only time can bring the tenant on; a program that has just been started may not have begun yet."""
    for _ in range(_SETTLING_PASSES):
        if not tenant.work.waits_for_time():
            return False
        await asyncio.sleep(0)
    return tenant.work.waits_for_time()


async def _rest(tenant: Tenant, changed: asyncio.Event) -> None:
    """Return when nothing of the tenant was in flight for some passes. changed: set after each change of its ledger."""
    quiet_passes = 0
    while quiet_passes < _SETTLING_PASSES:
        if tenant.work.is_quiet():
            quiet_passes += 1
            await asyncio.sleep(0)
            continue
        quiet_passes = 0
        changed.clear()
        if not tenant.work.is_quiet():
            await changed.wait()
