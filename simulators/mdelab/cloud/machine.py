"""A device as the cloud knows it, and the pure rules over it: sensor health and risk.

Times are the tenant's. What the API shows of a device is `mde_api/machines.py`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from mdelab.catalogue import timing
from mdelab.cloud.action import Action
from mdelab.cloud.alert import SEVERITIES, Alert
from mdelab.model.channel import Profile


@dataclass(slots=True, kw_only=True, eq=False)
class Device:
    """One onboarded, or once onboarded, device of a tenant."""

    profile: Profile
    endpoint: str
    """The endpoint's name in its tenant; the host name for a caller that the directory does not know."""
    token: str
    """"" once it is offboarded."""
    token_expires: datetime
    first_seen: datetime
    last_command: datetime
    """The last call on the command and control channel."""
    last_cyber: datetime | None = None
    """The last report that was committed."""
    is_listed: bool = False
    """Whether the inventory shows it yet."""
    is_onboarded: bool = True
    portal_tags: list[str] = field(default_factory=list)
    """Tags that were set through the API; the device's own are in the profile."""
    value: str = "Normal"
    """What the portal's users say it is worth: `deviceValue` of the API."""
    waiting: list[Action] = field(default_factory=list)
    """Actions that it takes at its next poll."""

    @property
    def id(self) -> str:
        return self.profile.machine_id

    def last_seen(self) -> datetime:
        return max(self.last_command, self.last_cyber or self.last_command)

    def tags(self) -> list[str]:
        """The tags that the device reports, then the portal's, without repeats."""
        return list(dict.fromkeys([*self.profile.tags.values(), *self.portal_tags]))


def sensor_health(device: Device, now: datetime) -> str:
    """`healthStatus` of the API. Source: defender-docs check-sensor-status.md, fix-unhealthy-sensors.md.

    A channel counts as down after timing `impaired` without a call; Inactive needs *more* than timing `inactive` on both.
    An offboarded device sends nothing on purpose, so it is never impaired: it stays as it was until it is Inactive.
    """
    since_command = now - device.last_command
    # A fresh device has not had time to report: its enrolment counts for both channels.
    since_cyber = now - (device.last_cyber or device.first_seen)
    inactive, impaired = timing().after("inactive"), timing().after("impaired")
    if min(since_command, since_cyber) > inactive:
        return "Inactive"
    if not device.is_onboarded:
        return "Active"
    match since_command > impaired, since_cyber > impaired:
        case True, True:
            return "NoSensorDataImpairedCommunication"
        case True, False:
            return "ImpairedCommunication"
        case False, True:
            return "NoSensorData"
        case _:
            return "Active"


def risk_score(alerts: Iterable[Alert]) -> str:
    """The highest severity among the unresolved of `alerts`; `None` without any. Lab-defined: the formula is not public."""
    unresolved = [alert.severity for alert in alerts if alert.is_open]
    return max(unresolved, key=SEVERITIES.index, default="None")
