"""The client's process is killed, as by a lack of memory, and nobody starts it again."""

from collections.abc import Awaitable, Callable

from mdelab.endpoint.sensor import Sensor
from mdelab.model.fault import InForce


async def kill_client(sensor: Sensor, fault: InForce) -> Callable[[], Awaitable[None]]:
    await sensor.kill_client(fault.number("signal"))
    return sensor.start_client
