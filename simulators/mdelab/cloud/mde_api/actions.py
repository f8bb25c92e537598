"""Machine actions: what may be ordered, and how the API shows it. Source: defender-docs api/machineaction.md."""

import re
from dataclasses import dataclass
from typing import Any

from mdelab.catalogue import timing
from mdelab.catalogue.quotas import QuotaName
from mdelab.cloud.action import Action, LiveCommand
from mdelab.cloud.estate import Estate, Estates
from mdelab.cloud.machine import Device
from mdelab.cloud.mde_api.access import COLLECT, ISOLATE, LIVE_RESPONSE, OFFBOARD, QUARANTINE, RESTRICT, SCAN
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
    quota: QuotaName = "default"


ORDERS = {
    "runantivirusscan": Order("RunAntiVirusScan", SCAN, ("Quick", "Full")),
    "isolate": Order("Isolate", ISOLATE, ("Full", "Selective", "UnManagedDevice")),
    "unisolate": Order("Unisolate", ISOLATE),
    "restrictcodeexecution": Order("RestrictCodeExecution", RESTRICT, windows_only=True),
    "unrestrictcodeexecution": Order("UnrestrictCodeExecution", RESTRICT, windows_only=True),
    "stopandquarantinefile": Order("StopAndQuarantineFile", QUARANTINE, windows_only=True),
    "collectinvestigationpackage": Order("CollectInvestigationPackage", COLLECT),
    "runliveresponse": Order("LiveResponse", LIVE_RESPONSE, quota="live-response"),
    "offboard": Order("Offboard", OFFBOARD, windows_only=True),
}
"""By the path's last part, in lower case. Source: the operation pages of defender-docs api/."""

_LIVE_COMMANDS = ("PutFile", "RunScript", "GetFile")
"""They must come in this order (run-live-response.md)."""
_SHA1 = re.compile(r"[0-9a-fA-F]{40}")


def order(estates: Estates, estate: Estate, device: Device, what: Order, wanted: Ordering, by: str) -> Action:
    """A new action that waits for the device's next poll, or times out. Raises ApiFailure."""
    scope = _scope(what, wanted)
    _check(device, what, wanted, scope)
    now = estate.tenant.clock.now()
    ids = estate.tenant.stream("machine action", str(len(estate.actions)))
    action = Action(
        id=guid(ids),
        type=what.type,
        scope=scope or None,
        requestor=by,
        comment=wanted.comment,
        machine_id=device.id,
        created=now,
        updated=now,
        parameters=_parameters(what, wanted, scope),
        live_commands=[
            LiveCommand(type=one.type, params=tuple((each.key, each.value) for each in one.params))
            for one in wanted.commands
        ],
    )
    estate.actions[action.id] = action
    device.waiting.append(action)
    estates.save_later(estate, action)

    async def time_out() -> None:
        if action.is_open:
            with estate.tenant.work.item(f"cloud: {action.type} of {device.endpoint} times out"):
                _end(estate, action, "TimeOut")
                estates.save_later(estate, action)

    after = timing().after("action_timeout")
    estate.tenant.clock.call_after(after, f"time-out: {action.type} of {device.endpoint}", time_out)
    return action


def _scope(what: Order, wanted: Ordering) -> str:
    """Raises ApiFailure for one that the operation does not have."""
    if not what.scopes:
        return ""
    scope = wanted.isolation_type if what.type == "Isolate" else wanted.scan_type
    if scope not in what.scopes:
        raise ApiFailure("InvalidInput", f"{scope!r} is not one of {', '.join(what.scopes)} for {what.type}.")
    return scope


def _check(device: Device, what: Order, wanted: Ordering, scope: str) -> None:
    """Whether the device can be ordered that. Raises ApiFailure."""
    if not wanted.comment.strip():
        raise ApiFailure("MissingRequiredParameter", "the body has an empty 'Comment'. Say why the action is ordered.")
    is_windows = device.profile.os_platform.startswith("Windows")
    if what.windows_only and not is_windows:
        advice = " Offboard it with an offboarding package." if what.type == "Offboard" else ""
        raise ApiFailure(
            "OsPlatformNotSupported", f"{what.type} is not supported on {device.profile.os_platform}.{advice}"
        )
    if scope == "Selective" and not is_windows:
        raise ApiFailure("OsPlatformNotSupported", "Selective isolation is for Windows only. Use Full.")
    if scope == "UnManagedDevice":
        raise ApiFailure("InvalidInput", "UnManagedDevice is for devices that are not onboarded, and this one was.")
    if what.type == "StopAndQuarantineFile" and not wanted.sha1:
        raise ApiFailure("MissingRequiredParameter", "the body has no 'Sha1'. Name the file by its SHA-1.")
    if what.type == "StopAndQuarantineFile" and not _SHA1.fullmatch(wanted.sha1):
        raise ApiFailure("InvalidHashValue", f"Sha1 {wanted.sha1!r} is not 40 hex digits.")
    if what.type == "LiveResponse":
        _check_live_commands(wanted)
    if not device.is_onboarded:
        raise ApiFailure("BadRequest", "the device is offboarded and takes no orders. Onboard it first.")
    if any(one.type == what.type and one.is_open for one in device.waiting):
        if what.type == "LiveResponse":
            raise ApiFailure("ActiveRequestAlreadyExists", "a live response is under way on this machine.")
        raise ApiFailure("BadRequest", "Action is already in progress")


def _check_live_commands(wanted: Ordering) -> None:
    places = [_LIVE_COMMANDS.index(one.type) for one in wanted.commands]
    if not places:
        raise ApiFailure("MissingRequiredParameter", f"the body has no 'Commands'. Name {', '.join(_LIVE_COMMANDS)}.")
    if places != sorted(places):
        raise ApiFailure("InvalidInput", f"Commands must come in the order {', '.join(_LIVE_COMMANDS)}.")


def _parameters(what: Order, wanted: Ordering, scope: str) -> dict[str, str]:
    if what.type == "StopAndQuarantineFile":
        return {"sha1": wanted.sha1.lower()}
    return {"scope": scope} if scope else {}


def _end(estate: Estate, action: Action, status: str) -> None:
    """The device need not know of it any more."""
    action.status, action.updated = status, estate.tenant.clock.now()
    device = estate.devices.get(action.machine_id)
    if device is not None and action in device.waiting:
        device.waiting.remove(action)


def cancel(estate: Estate, action: Action, comment: str, by: str) -> None:
    """Raises ApiFailure for an action that has ended."""
    if not action.is_open:
        raise ApiFailure("BadRequest", f"the action has ended ({action.status}) and cannot be cancelled.")
    _end(estate, action, "Cancelled")
    action.cancelled_by, action.cancel_comment, action.cancelled_at = by, comment, action.updated


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
        "troubleshootInfo": action.message if action.status == "Failed" else None,
        "commands": [_live_command(action, index) for index in range(len(action.live_commands))],
        "relatedFileInfo": {"fileIdentifier": action.parameters["sha1"], "fileIdentifierType": "Sha1"}
        if "sha1" in action.parameters
        else None,
    }


def _live_command(action: Action, index: int) -> dict[str, Any]:
    command = action.live_commands[index]
    status = {"Succeeded": "Completed", "Failed": "Failed", "TimeOut": "Failed", "Cancelled": "Failed"}
    return {
        "index": index,
        "startTime": None,
        "endTime": None,
        "commandStatus": status.get(action.status, "Created"),
        "errors": [action.message] if action.status == "Failed" and action.message else [],
        "command": {
            "type": command.type,
            "params": [{"key": key, "value": value} for key, value in command.params],
        },
    }
