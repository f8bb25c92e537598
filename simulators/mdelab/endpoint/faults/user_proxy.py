"""The way to the proxy is set for a user of the device only: its browser finds it, its services do not."""

from collections.abc import Awaitable, Callable

from mdelab.endpoint.sensor import Sensor
from mdelab.model.fault import InForce


async def move_to_user(sensor: Sensor, fault: InForce) -> Callable[[], Awaitable[None]]:
    """The system has no proxy any more; the user has a PAC file."""
    before = sensor.machine.spec
    await sensor.change(proxy="", pac=fault.text("pac"))

    async def undo() -> None:
        await sensor.change(proxy=before.proxy, pac=before.pac)

    return undo
