"""The clock of a device is wrong."""

from collections.abc import Awaitable, Callable

from mdelab.endpoint.sensor import Sensor
from mdelab.model.fault import InForce


async def set_clock(sensor: Sensor, fault: InForce) -> Callable[[], Awaitable[None]]:
    before = sensor.machine.spec.clock_skew_s
    await sensor.change(clock_skew_s=before + fault.number("skew_s"))

    async def undo() -> None:
        await sensor.change(clock_skew_s=before)

    return undo
