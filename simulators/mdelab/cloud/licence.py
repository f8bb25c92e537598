"""The licences of one tenant: what it bought, which users have a licence, and on which devices they use it.

The rules are `mdelab.model.licence`. The device channels ask here once, when a device enrols: nothing that the tenant owns
covers it, so it is not let in. From then on a device goes on working, as in reality: who uses too many devices, or whose
trial has ended, reads so in the portal, and the customer is the one who is out of order.
"""

from datetime import datetime
from enum import StrEnum

from mdelab.catalogue import timing
from mdelab.catalogue.licences import devices_per_user, entitlement
from mdelab.model.errors import LabError
from mdelab.model.licence import Devices, Entitlement, Feature, Right, Subscription, Use, devices_of


class LicenceState(StrEnum):
    """How a device stands to the tenant's licences."""

    LICENSED = "licensed"
    NO_SUBSCRIPTION = "no subscription"
    """Nothing that the tenant bought covers such a device, or what covered it has ended."""
    NO_USER = "no licensed user"
    """Nobody who has a licence uses the device."""
    BEYOND = "beyond the licence"
    """Its user uses more devices at a time than one licence allows."""


class Licences:
    """One tenant's."""

    def __init__(self, subscription: Subscription, now: datetime) -> None:
        """now: the tenant's time, when a trial begins. Raises LabError for an offer that the catalogue has not."""
        self._withdrawn: set[str] = set()
        self._uses: dict[str, Use] = {}
        self.subscribe(subscription, now)

    def subscribe(self, subscription: Subscription, now: datetime) -> None:
        """The tenant has bought this, and nothing else any more. Raises LabError as above; nothing is changed then."""
        bought = entitlement(subscription.offers, subscription.purchase)
        tried = entitlement(subscription.offers, subscription.purchase, is_trial=subscription.trial)
        self.subscription = subscription
        self.trial_ends = now + timing().after("trial") if subscription.trial else None
        self._bought, self._tried = bought, tried

    def entitlement(self, now: datetime) -> Entitlement:
        """What the tenant is entitled to; a trial counts until it ends."""
        return self._tried if self.trial_ends is not None and now < self.trial_ends else self._bought

    def check_download(self, tenant: str, now: datetime) -> None:
        """Raise LabError when the tenant's portal hands out no packages. tenant: its name, for the message."""
        if not self.entitlement(now).is_subscribed:
            ended = f" Its free trial ended on {self.trial_ends:%Y-%m-%d}." if self.trial_ends else ""
            raise LabError(
                f"the portal of tenant {tenant!r} hands out no packages: the tenant has no Defender for Endpoint "
                f"subscription.{ended} Give it one of the offers, a CSP purchase or the free trial."
            )

    def covers(self, right: Right, now: datetime) -> bool:
        """Whether a device that needs `right` may be onboarded."""
        return self.entitlement(now).covers(right)

    def has(self, feature: Feature, right: Right, now: datetime) -> bool:
        """Whether devices that need `right` get the feature."""
        return self.entitlement(now).has(feature, right)

    def assign(self, user: str) -> None:
        """Give the user a licence again: everybody has one until it is withdrawn."""
        self._withdrawn.discard(user)

    def withdraw(self, user: str) -> None:
        self._withdrawn.add(user)

    def has_licence(self, user: str) -> bool:
        return user not in self._withdrawn

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

    def state(self, device: str, right: Right, now: datetime) -> LicenceState:
        """right: what such a device needs, see `right_of` in the catalogue. Servers are licensed without users."""
        if not self.covers(right, now):
            return LicenceState.NO_SUBSCRIPTION
        if right is Right.SERVER:
            return LicenceState.LICENSED
        use = self._uses.get(device)
        if use is None or not use.user or not self.has_licence(use.user):
            return LicenceState.NO_USER
        return LicenceState.BEYOND if device in self.devices_of(use.user).beyond else LicenceState.LICENSED
