"""When the device inventory begins to show a device, and what changes in it while time passes.

The inventory is slow on purpose: the real one shows a new device after 5 to 20 minutes. The moments are timers on the
tenant's clock, so that a held clock stops at each of them.
"""

from datetime import timedelta

from mdelab.catalogue import timing
from mdelab.cloud.estate import Estate, Estates
from mdelab.cloud.machine import Device

_JUST_AFTER = timedelta(seconds=1)
"""Inactive means *more* than the documented time."""


class Inventory:
    def __init__(self, estates: Estates) -> None:
        self._estates = estates

    def admit(self, estate: Estate, device: Device) -> None:
        """The device has enrolled. One that is listed already stays listed."""
        estate.devices[device.id] = device
        if device.is_listed:
            return

        async def show() -> None:
            with estate.tenant.work.item(f"cloud: {device.endpoint} appears in the inventory"):
                device.is_listed = True
                self._estates.save_later(estate, device)

        estate.tenant.clock.call_after(timing().after("inventory"), f"inventory: {device.endpoint}", show)

    def dismiss(self, estate: Estate, device: Device) -> None:
        """The device was offboarded: its token is taken away and its orders lapse; its record stays and goes inactive."""
        self._estates.hand_token(estate, device, "")
        now = estate.tenant.clock.now()
        for action in device.waiting:
            action.status, action.updated = "Failed", now
            self._estates.save_later(estate, action)
        device.waiting.clear()

        async def inactive() -> None:
            """Nothing to do: health is computed when it is asked for. The timer makes a held clock stop here."""

        after = timing().after("inactive") + _JUST_AFTER
        estate.tenant.clock.call_after(after, f"inactive: {device.endpoint}", inactive)
