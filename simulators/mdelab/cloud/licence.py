"""The licences of one tenant: what it bought, which users have a licence, and on which devices they use it.

The rules are `mdelab.model.licence`. Nothing here is asked by the device channels: as in reality a device that is beyond the
licence goes on working, and the customer is the one who is out of order.
"""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from mdelab.catalogue.licences import devices_per_user, entitlement
from mdelab.model.errors import LabError
from mdelab.model.licence import Channel, Devices, Entitlement, Right, Use, devices_of


class LicenceState(StrEnum):
    """How a device stands to the tenant's licences."""

    LICENSED = "licensed"
    NO_SUBSCRIPTION = "no subscription"
    """Nothing that the tenant bought covers such a device."""
    NO_USER = "no licensed user"
    """Nobody who has a licence uses the device."""
    BEYOND = "beyond the licence"
    """Its user uses more devices at a time than one licence allows."""


class Licences:
    """One tenant's."""

    def __init__(
        self, offers: Sequence[str] = (), channel: Channel = Channel.VOLUME_LICENSING, *, is_trial: bool = False
    ) -> None:
        """offers: names of catalogue/licences.toml. Raises LabError for one that is not there."""
        self.entitlement: Entitlement = entitlement(offers, channel, is_trial=is_trial)
        self._users: set[str] = set()
        self._uses: dict[str, Use] = {}

    def check_download(self, tenant: str) -> None:
        """Raise LabError when the tenant's portal hands out no packages. tenant: its name, for the message."""
        if not self.entitlement.is_subscribed:
            raise LabError(
                f"the portal of tenant {tenant!r} hands out no packages: the tenant has no Defender for Endpoint "
                "subscription. Give it one of the offers, a CSP purchase or the free trial."
            )

    def assign(self, user: str) -> None:
        """Give the user a licence."""
        self._users.add(user)

    def withdraw(self, user: str) -> None:
        self._users.discard(user)

    def use(self, user: str, device: str, at: datetime) -> None:
        """`user` uses `device` from now on; a device has one user at a time. at: the tenant's time."""
        before = self._uses.get(device)
        if before is None or before.user != user:
            self._uses[device] = Use(user=user, device=device, since=at)

    def release(self, device: str) -> None:
        """The device was offboarded: its place is free."""
        self._uses.pop(device, None)

    def devices_of(self, user: str) -> Devices:
        return devices_of(user, self._uses.values(), most=devices_per_user())

    def state(self, device: str, right: Right) -> LicenceState:
        """right: what such a device needs, see `right_of` in the catalogue. Servers are licensed without users."""
        if not self.entitlement.covers(right):
            return LicenceState.NO_SUBSCRIPTION
        if right is Right.SERVER:
            return LicenceState.LICENSED
        use = self._uses.get(device)
        if use is None or use.user not in self._users:
            return LicenceState.NO_USER
        return LicenceState.BEYOND if device in self.devices_of(use.user).beyond else LicenceState.LICENSED
