"""What goes wrong on a device on purpose: an action takes a device, and hands back what undoes it.

One file an action, one line in the table. Which fault of the catalogue uses which action is data
(`mdelab.catalogue.faults`).
"""

from collections.abc import Awaitable, Callable, Mapping

from mdelab.endpoint.faults import client, clock, user_proxy
from mdelab.endpoint.sensor import Sensor
from mdelab.model.fault import InForce

Undo = Callable[[], Awaitable[None]]
"""Gives the device back what a fault took; harmless when the device is gone."""

DEVICE: Mapping[str, Callable[[Sensor, InForce], Awaitable[Undo]]] = {
    "kill-client": client.kill_client,
    "move-to-user": user_proxy.move_to_user,
    "set-clock": clock.set_clock,
}
