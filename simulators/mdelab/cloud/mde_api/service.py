"""The routes of the Defender API, on every host and version prefix that it has."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route

from mdelab.cloud.action import Action
from mdelab.cloud.alert import Alert
from mdelab.cloud.asgi import App
from mdelab.cloud.body import BODY_REFUSALS
from mdelab.cloud.entra.tokens import Access, Tokens
from mdelab.cloud.estate import Estates
from mdelab.cloud.machine import Device
from mdelab.cloud.mde_api import actions, alerts, machines, odata
from mdelab.cloud.mde_api.access import ALERT_READ, ALERT_WRITE, CANCEL, MACHINE_READ, MACHINE_WRITE, allow
from mdelab.cloud.mde_api.failure import ApiFailure, on_failure, on_unknown_path, on_wrong_method
from mdelab.cloud.mde_api.parameters import AlertChange, Ordering, Tagging, parameters

_Handler = Callable[[Request], Awaitable[Response]]


def mde_api(estates: Estates, tokens: Tokens) -> App:
    """The ASGI application."""
    api = _Api(estates, tokens)
    routes = [
        Route("/machines", api.list_machines),
        Route("/machines/findbytag", api.find_by_tag),
        Route("/machines/{id}", api.get_machine),
        Route("/machines/{id}/tags", api.tag, methods=["POST"]),
        Route("/machines/{id}/alerts", api.machine_alerts),
        *[
            Route(f"/machines/{{id}}/{name}", api.ordering(what), methods=["POST"])
            for name, what in actions.ORDERS.items()
        ],
        Route("/alerts", api.list_alerts),
        Route("/alerts/{id}", api.get_alert),
        Route("/alerts/{id}", api.update_alert, methods=["PATCH"]),
        Route("/machineactions", api.list_actions),
        Route("/machineactions/{id}", api.get_action),
        Route("/machineactions/{id}/cancel", api.cancel, methods=["POST"]),
    ]
    handlers: dict[Any, Any] = {ApiFailure: on_failure, 404: on_unknown_path, 405: on_wrong_method, **BODY_REFUSALS}
    return Starlette(
        routes=[Mount("/api/v1.0", routes=routes), Mount("/api", routes=routes)], exception_handlers=handlers
    )


class _Api:
    def __init__(self, estates: Estates, tokens: Tokens) -> None:
        self._estates = estates
        self._tokens = tokens

    async def list_machines(self, request: Request) -> Response:
        access = allow(request, self._tokens, MACHINE_READ)
        return _page(request, "Machines", _machines(access, machines.listed(access.estate)), machines.FILTERABLE)

    async def find_by_tag(self, request: Request) -> Response:
        access = allow(request, self._tokens, MACHINE_READ)
        tag = request.query_params.get("tag", "")
        if not tag:
            raise ApiFailure("MissingRequiredParameter", "the query has no 'tag'. Add one.")
        by_start = request.query_params.get("useStartsWithFilter", "false").lower() == "true"
        found = [
            device
            for device in machines.listed(access.estate)
            if any(own.startswith(tag) if by_start else own == tag for own in device.tags())
        ]
        return _page(request, "Machines", _machines(access, found), machines.FILTERABLE)

    async def get_machine(self, request: Request) -> Response:
        access = allow(request, self._tokens, MACHINE_READ)
        return _machine(request, access, _device(request, access))

    async def tag(self, request: Request) -> Response:
        access = allow(request, self._tokens, MACHINE_WRITE)
        device = _device(request, access)
        wanted = await parameters(request, Tagging)
        match wanted.action:
            case "Add" if wanted.value not in device.portal_tags:
                device.portal_tags.append(wanted.value)
            case "Remove" if wanted.value in device.portal_tags:
                device.portal_tags.remove(wanted.value)
            case "Add" | "Remove":
                pass
            case _:
                raise ApiFailure("InvalidInput", f"Action {wanted.action!r} is not Add or Remove.")
        self._estates.save_later(access.estate, device)
        return _machine(request, access, device)

    async def machine_alerts(self, request: Request) -> Response:
        access = allow(request, self._tokens, ALERT_READ)
        found = access.estate.alerts_of(_device(request, access).id)
        return _page(request, "Alerts", _alerts(request, access, found), alerts.FILTERABLE)

    def ordering(self, what: actions.Order) -> _Handler:
        async def order(request: Request) -> Response:
            access = allow(request, self._tokens, what.roles)
            device = _device(request, access)
            wanted = await parameters(request, Ordering)
            action = actions.order(access.estate, device, what, wanted, access.app_id)
            self._estates.save_later(access.estate, action)
            return _action(request, access, action, 201)

        return order

    async def list_alerts(self, request: Request) -> Response:
        access = allow(request, self._tokens, ALERT_READ)
        found = list(access.estate.alerts.values())
        return _page(request, "Alerts", _alerts(request, access, found), alerts.FILTERABLE)

    async def get_alert(self, request: Request) -> Response:
        access = allow(request, self._tokens, ALERT_READ)
        return _alert(request, access, _the_alert(request, access))

    async def update_alert(self, request: Request) -> Response:
        access = allow(request, self._tokens, ALERT_WRITE)
        alert = _the_alert(request, access)
        wanted = await parameters(request, AlertChange)
        alerts.change(alert, wanted, access.app_id, access.estate.tenant.clock.now())
        self._estates.save_later(access.estate, alert)
        return _alert(request, access, alert)

    async def list_actions(self, request: Request) -> Response:
        access = allow(request, self._tokens, MACHINE_READ)
        rows = [actions.as_action(access.estate, one) for one in access.estate.actions.values()]
        return _page(request, "MachineActions", rows, actions.FILTERABLE)

    async def get_action(self, request: Request) -> Response:
        access = allow(request, self._tokens, MACHINE_READ)
        return _action(request, access, _the_action(request, access), 200)

    async def cancel(self, request: Request) -> Response:
        access = allow(request, self._tokens, CANCEL)
        action = _the_action(request, access)
        wanted = await parameters(request, Ordering)
        actions.cancel(access.estate, action, wanted.comment, access.app_id)
        self._estates.save_later(access.estate, action)
        return _action(request, access, action, 200)


def _device(request: Request, access: Access) -> Device:
    name = request.path_params["id"]
    device = machines.find(access.estate, name)
    if device is None:
        raise ApiFailure(
            "ResourceNotFound",
            f"Machine {name} was not found. A new device appears some minutes after it was onboarded.",
        )
    return device


def _the_alert(request: Request, access: Access) -> Alert:
    alert = access.estate.alerts.get(request.path_params["id"])
    if alert is None:
        raise ApiFailure(
            "ResourceNotFound", f"Alert {request.path_params['id']} was not found. List the alerts for their ids."
        )
    return alert


def _the_action(request: Request, access: Access) -> Action:
    action = access.estate.actions.get(request.path_params["id"])
    if action is None:
        raise ApiFailure(
            "ResourceNotFound", f"Action {request.path_params['id']} was not found. List the actions for their ids."
        )
    return action


def _machines(access: Access, devices: Sequence[Device]) -> list[dict[str, Any]]:
    now = access.estate.tenant.clock.now()
    return [machines.as_machine(access.estate, device, now) for device in devices]


def _alerts(request: Request, access: Access, found: Sequence[Alert]) -> list[dict[str, Any]]:
    with_evidence = "evidence" in request.query_params.get("$expand", "").lower()
    return [alerts.as_alert(access.estate, alert, with_evidence=with_evidence) for alert in found]


def _page(request: Request, kind: str, rows: list[dict[str, Any]], filterable: frozenset[str]) -> Response:
    try:
        chosen = odata.select(rows, dict(request.query_params), filterable)
    except odata.ODataError as error:
        raise ApiFailure("ODataError", str(error)) from error
    return JSONResponse({"@odata.context": _context(request, kind), "value": chosen})


def _machine(request: Request, access: Access, device: Device) -> Response:
    body = machines.as_machine(access.estate, device, access.estate.tenant.clock.now())
    return JSONResponse({"@odata.context": _context(request, "Machines/$entity"), **body})


def _alert(request: Request, access: Access, alert: Alert) -> Response:
    body = alerts.as_alert(access.estate, alert, with_evidence=True)
    return JSONResponse({"@odata.context": _context(request, "Alerts/$entity"), **body})


def _action(request: Request, access: Access, action: Action, status: int) -> Response:
    body = actions.as_action(access.estate, action)
    return JSONResponse({"@odata.context": _context(request, "MachineActions/$entity"), **body}, status)


def _context(request: Request, kind: str) -> str:
    return f"https://{request.url.hostname}/api/$metadata#{kind}"
