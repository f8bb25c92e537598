"""The barrier: what is due happens in order, and the move returns when the tenant is quiet."""

import asyncio
from datetime import timedelta

import pytest

from mdelab.endpoint.sleep import sleep
from mdelab.lab.time import TimeKeeper
from mdelab.model.clock import EPOCH, Clock, ClockMode
from mdelab.model.errors import NotReady
from mdelab.model.tenant import Tenant, new_tenant


def _tenant(mode: ClockMode = ClockMode.HELD) -> Tenant:
    return new_tenant(name="t", scenario="t", seed=1, clock=Clock(mode))


def test_timers_fire_in_the_order_of_their_times_and_each_ends_before_the_next() -> None:
    async def scenario() -> list[str]:
        tenant, keeper, log = _tenant(), TimeKeeper(), list[str]()
        keeper.watch(tenant)

        async def act(name: str) -> None:
            with tenant.work.item(name):
                log.append(f"{name} begins")
                await asyncio.sleep(0.001)
                log.append(f"{name} ends")

        tenant.clock.call_after(timedelta(hours=2), "late", lambda: act("late"))
        tenant.clock.call_after(timedelta(hours=1), "early", lambda: act("early"))
        tenant.clock.call_after(timedelta(hours=1), "early too", lambda: act("early too"))
        tenant.clock.call_after(timedelta(hours=9), "not yet", lambda: act("not yet"))
        await keeper.move(tenant, EPOCH + timedelta(hours=3))
        assert tenant.clock.now() == EPOCH + timedelta(hours=3)
        return log

    assert asyncio.run(scenario()) == [
        "early begins",
        "early ends",
        "early too begins",
        "early too ends",
        "late begins",
        "late ends",
    ]


def test_a_step_stops_at_the_first_moment_at_which_something_was_due() -> None:
    async def scenario() -> timedelta:
        tenant, keeper = _tenant(), TimeKeeper()
        keeper.watch(tenant)

        async def nothing() -> None:
            pass

        for hours in (1, 2):
            tenant.clock.call_after(timedelta(hours=hours), "x", nothing)
        await keeper.move(tenant, EPOCH + timedelta(hours=3), step=True)
        return tenant.clock.now() - EPOCH

    assert asyncio.run(scenario()) == timedelta(hours=1)


def test_an_action_may_set_a_timer_that_is_still_due_in_the_same_move() -> None:
    async def scenario() -> int:
        tenant, keeper, count = _tenant(), TimeKeeper(), 0
        keeper.watch(tenant)

        async def again() -> None:
            nonlocal count
            count += 1
            tenant.clock.call_after(timedelta(minutes=10), "again", again)

        tenant.clock.call_after(timedelta(minutes=10), "again", again)
        await keeper.move(tenant, EPOCH + timedelta(hours=1))
        return count

    assert asyncio.run(scenario()) == 6


def test_the_move_waits_for_work_but_not_for_a_held_connection() -> None:
    async def scenario() -> str:
        tenant, keeper = _tenant(), TimeKeeper()
        keeper.watch(tenant)
        ended = asyncio.Event()

        async def black_holed() -> None:
            with tenant.work.item("report") as item:
                item.client = ("127.64.0.1", 40001)
                await ended.wait()

        waiting = asyncio.ensure_future(black_holed())
        await asyncio.sleep(0)
        tenant.work.hold(("127.64.0.1", 40001))

        async def time_out() -> None:
            ended.set()

        tenant.clock.call_after(timedelta(seconds=30), "request time-out", time_out)
        await keeper.move(tenant, EPOCH + timedelta(minutes=1))
        await waiting
        return "quiet"

    assert asyncio.run(scenario()) == "quiet"


def test_a_tenant_that_never_gets_quiet_is_named_with_what_is_in_flight() -> None:
    async def scenario() -> None:
        tenant, keeper = _tenant(), TimeKeeper(quiet_within_s=0.05)
        keeper.watch(tenant)
        with tenant.work.item("report of lin-1 to winatp-gw-cus.microsoft.com"):
            await keeper.move(tenant, EPOCH + timedelta(minutes=1))

    with pytest.raises(NotReady, match=r"Still in flight: report of lin-1 to winatp"):
        asyncio.run(scenario())


def test_a_live_tenant_fires_its_timers_by_itself_and_when_it_is_moved() -> None:
    async def scenario() -> list[str]:
        tenant, keeper, log = _tenant(ClockMode.LIVE), TimeKeeper(), list[str]()
        fired = asyncio.Event()
        keeper.watch(tenant)

        async def act(name: str) -> None:
            log.append(name)
            fired.set()

        tenant.clock.call_after(timedelta(hours=1), "in an hour", lambda: act("in an hour"))
        tenant.clock.call_after(timedelta(milliseconds=1), "at once", lambda: act("at once"))
        await asyncio.wait_for(fired.wait(), 10)
        await keeper.move(tenant, tenant.clock.now() + timedelta(hours=2))
        await keeper.forget(tenant)
        return log

    assert asyncio.run(scenario()) == ["at once", "in an hour"]


def test_a_program_that_sleeps_takes_the_tenants_time_and_not_the_hosts() -> None:
    async def scenario() -> tuple[timedelta, str]:
        tenant, keeper = _tenant(), TimeKeeper()
        keeper.watch(tenant)

        async def program() -> str:
            with tenant.work.item("cmd") as item:
                for _ in range(5):
                    await sleep(tenant.work, item, tenant.clock, timedelta(seconds=5))
            return "done"

        result = await keeper.run(tenant, program())
        return tenant.clock.now() - EPOCH, result

    assert asyncio.run(scenario()) == (timedelta(seconds=25), "done")


def test_time_stands_still_while_a_sleepers_neighbour_works() -> None:
    async def scenario() -> list[str]:
        tenant, keeper, log = _tenant(), TimeKeeper(), list[str]()
        keeper.watch(tenant)

        async def neighbour() -> None:
            with tenant.work.item("report"):
                await asyncio.sleep(0.01)
                log.append("report done")

        async def program() -> None:
            with tenant.work.item("cmd") as item:
                await sleep(tenant.work, item, tenant.clock, timedelta(seconds=5))
                log.append("woke")

        working = asyncio.ensure_future(neighbour())
        await asyncio.sleep(0)
        await keeper.run(tenant, program())
        await working
        return log

    assert asyncio.run(scenario()) == ["report done", "woke"]
