"""What a request's JSON body says. Names are case-sensitive, as in the real service (common-errors.md)."""

from typing import Literal, TypeVar

import msgspec
from starlette.requests import Request

from mdelab.cloud.body import bounded_body
from mdelab.cloud.mde_api.failure import ApiFailure

T = TypeVar("T", bound=msgspec.Struct)


class Tagging(msgspec.Struct, frozen=True):
    value: str = msgspec.field(name="Value")
    action: str = msgspec.field(name="Action")


class ManyTagging(Tagging, frozen=True):
    machine_ids: list[str] = msgspec.field(name="MachineIds")


class Valuing(msgspec.Struct, frozen=True):
    device_value: str = msgspec.field(name="DeviceValue")


class Parameter(msgspec.Struct, frozen=True):
    """Of a live response command."""

    key: str
    value: str


class LiveCommand(msgspec.Struct, frozen=True):
    type: Literal["PutFile", "RunScript", "GetFile"]
    params: list[Parameter] = []


class Ordering(msgspec.Struct, frozen=True):
    """Of a machine action."""

    comment: str = msgspec.field(name="Comment")
    isolation_type: str = msgspec.field(name="IsolationType", default="Full")
    scan_type: str = msgspec.field(name="ScanType", default="Quick")
    sha1: str = msgspec.field(name="Sha1", default="")
    commands: list[LiveCommand] = msgspec.field(name="Commands", default_factory=list)


class AlertChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """PATCH of an alert; None leaves a field as it is."""

    status: str | None = None
    assigned_to: str | None = msgspec.field(name="assignedTo", default=None)
    classification: str | None = None
    determination: str | None = None
    comment: str | None = None


class ManyAlertsChange(AlertChange, frozen=True, forbid_unknown_fields=True):
    alert_ids: list[str] = msgspec.field(name="alertIds", default_factory=list)


class AlertReference(msgspec.Struct, frozen=True, rename="camel"):
    """A new alert on top of an event."""

    machine_id: str
    severity: str
    title: str
    description: str
    recommended_action: str
    event_time: str
    report_id: str
    category: str


async def parameters(request: Request, shape: type[T]) -> T:
    """Raises ApiFailure InvalidRequestBody or MissingRequiredParameter."""
    body = await bounded_body(request)
    try:
        return msgspec.json.decode(body or b"{}", type=shape)
    except (msgspec.DecodeError, RecursionError) as error:
        code = "MissingRequiredParameter" if "missing required field" in str(error) else "InvalidRequestBody"
        raise ApiFailure(code, f"the body cannot be used: {error}. Parameter names are case-sensitive.") from error
