"""A tenant as a customer: what it has bought, how its devices stand to that, and what its users may do.

The rules are `mdelab.cloud.licence` and `mdelab.cloud.portal.access`; who the users are is drawn in `people`.
"""

from mdelab.catalogue.licences import right_of
from mdelab.cloud.estate import Estate
from mdelab.lab.wire import DeviceLicence, LicenceReport, UserChange, UserRights
from mdelab.model.licence import Subscription


class Customer:
    """One tenant, as the control API speaks of it."""

    def __init__(self, estate: Estate) -> None:
        self._estate = estate

    def licences(self) -> LicenceReport:
        """Devices that are not onboarded need no licence and are left out."""
        licences, now = self._estate.licences, self._estate.tenant.clock.now()
        return LicenceReport(
            subscription=licences.subscription,
            products=[grant.product.name for grant in licences.entitlement(now).grants],
            trial_ends=licences.trial_ends,
            devices=[
                DeviceLicence(
                    endpoint=device.endpoint,
                    user=device.profile.user,
                    state=licences.state(device.endpoint, right_of(device.profile.os_platform), now).value,
                )
                for device in self._estate.devices.values()
                if device.is_onboarded
            ],
        )

    def subscribe(self, subscription: Subscription) -> None:
        """The tenant has this subscription from now on, and a trial begins now. Raises LabError for an unknown offer."""
        self._estate.licences.subscribe(subscription, self._estate.tenant.clock.now())

    def change_user(self, account: str, change: UserChange) -> UserRights:
        """What the user may do after the change. Raises LabError for a role that the portal does not have."""
        licences, portal = self._estate.licences, self._estate.portal
        if change.portal_role is not None:
            portal.grant(account, change.portal_role)
        if change.is_licensed is not None:
            (licences.assign if change.is_licensed else licences.withdraw)(account)
        return UserRights(is_licensed=licences.has_licence(account), portal_role=portal.role(account))
