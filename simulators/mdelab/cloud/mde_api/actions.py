"""Machine actions: what may be ordered, and how the API shows it. Source: defender-docs api/machineaction.md."""

from dataclasses import dataclass
from typing import Any

from mdelab.cloud.action import OPEN, Action
from mdelab.cloud.estate import Estate
from mdelab.cloud.machine import Device
from mdelab.cloud.mde_api.access import ISOLATE, OFFBOARD, SCAN
from mdelab.cloud.mde_api.failure import ApiFailure
from mdelab.cloud.mde_api.parameters import Ordering
from mdelab.cloud.ticks import stamp
from mdelab.model.seeds import guid

FILTERABLE = frozenset(("id", "status", "machineId", "type", "requestor", "creationDateTimeUtc"))
"""Source: defender-docs api/get-machineactions-collection.md."""


@dataclass(frozen=True, slots=True)
class Order:
    """One operation below /machines/{id}."""

    type: str
    roles: tuple[str, ...]
    scopes: tuple[str, ...] = ()
    """What its scope may be; the first one is the default."""
    windows_only: bool = False


ORDERS = {
    "runAntiVirusScan": Order("RunAntiVirusScan", SCAN, ("Quick", "Full")),
    "isolate": Order("Isolate", ISOLATE, ("Full", "Selective")),
    "unisolate": Order("Unisolate", ISOLATE),
    "offboard": Order("Offboard", OFFBOARD, windows_only=True),
}
"""Source of `windows_only`: defender-docs api/offboard-machine-api.md."""


def order(estate: Estate, device: Device, what: Order, wanted: Ordering, by: str) -> Action:
    """A new action that waits for the device's next poll. Raises ApiFailure."""
    if what.windows_only and not device.profile.os_platform.startswith("Windows"):
        raise ApiFailure(
            "OsPlatformNotSupported",
            f"{what.type} is not supported on {device.profile.os_platform}. "
            "Offboard Linux and macOS devices with an offboarding package.",
        )
    scope = wanted.isolation_type if what.type == "Isolate" else wanted.scan_type
    if what.scopes and scope not in what.scopes:
        raise ApiFailure("InvalidInput", f"{scope!r} is not one of {', '.join(what.scopes)} for {what.type}.")
    if scope == "Selective" and not device.profile.os_platform.startswith("Windows"):
        raise ApiFailure("OsPlatformNotSupported", "Selective isolation is for Windows only. Use Full.")
    if not device.is_onboarded:
        raise ApiFailure("BadRequest", "the device is offboarded and takes no orders. Onboard it first.")
    if any(one.type == what.type and one.status in OPEN for one in device.waiting):
        raise ApiFailure("BadRequest", "Action is already in progress")
    now = estate.tenant.clock.now()
    ids = estate.tenant.stream("machine action", str(len(estate.actions)))
    action = Action(
        id=guid(ids),
        type=what.type,
        scope=scope if what.scopes else None,
        requestor=by,
        comment=wanted.comment,
        machine_id=device.id,
        created=now,
        updated=now,
        parameters={"scope": scope} if what.scopes else {},
    )
    estate.actions[action.id] = action
    device.waiting.append(action)
    return action


def cancel(estate: Estate, action: Action, comment: str, by: str) -> None:
    """Raises ApiFailure for an action that has ended."""
    if action.status not in OPEN:
        raise ApiFailure("BadRequest", f"the action has ended ({action.status}) and cannot be cancelled.")
    action.status = "Cancelled"
    action.cancelled_by, action.cancel_comment = by, comment
    action.cancelled_at = action.updated = estate.tenant.clock.now()
    device = estate.devices.get(action.machine_id)
    if device is not None and action in device.waiting:
        device.waiting.remove(action)


def as_action(estate: Estate, action: Action) -> dict[str, Any]:
    """The API's JSON object."""
    device = estate.devices.get(action.machine_id)
    return {
        "id": action.id,
        "type": action.type,
        "title": None,
        "scope": action.scope,
        "requestor": action.requestor,
        "requestSource": "PublicApi",
        "requestorComment": action.comment,
        "status": action.status,
        "machineId": action.machine_id,
        "computerDnsName": device.profile.name if device else None,
        "creationDateTimeUtc": stamp(action.created),
        "lastUpdateDateTimeUtc": stamp(action.updated),
        "cancellationRequestor": action.cancelled_by,
        "cancellationComment": action.cancel_comment,
        "cancellationDateTimeUtc": stamp(action.cancelled_at),
        "errorHResult": 0,
        "externalId": None,
        "commands": [],
        "relatedFileInfo": None,
    }
