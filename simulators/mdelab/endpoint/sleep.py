"""How a program of a device sleeps: in the tenant's time, while the lab knows that only time can bring it on."""

import asyncio
from datetime import timedelta

from mdelab.model.clock import Clock
from mdelab.model.work import Item, Work


async def sleep(work: Work, item: Item, clock: Clock, delay: timedelta) -> None:
    """Let `item` wait until the clock is `delay` further. Meanwhile it does not count as in flight."""
    woken = asyncio.get_running_loop().create_future()

    async def wake() -> None:
        # Here and not behind the await: the item counts again before anybody can look.
        item.is_asleep = False
        if not woken.done():
            woken.set_result(None)

    timer = clock.call_after(delay, f"{item.what} wakes", wake)
    work.fall_asleep(item)
    try:
        await woken
    finally:
        timer.cancel()
        item.is_asleep = False
