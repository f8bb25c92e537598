"""The operations on alerts. How one is shown and changed is `alerts.py`."""

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mdelab.cloud.alert import Alert
from mdelab.cloud.entra.tokens import Access
from mdelab.cloud.estate import Estates
from mdelab.cloud.mde_api import alerts, odata
from mdelab.cloud.mde_api.access import ALERT_READ, ALERT_WRITE, MACHINE_READ, Gate
from mdelab.cloud.mde_api.failure import ApiFailure
from mdelab.cloud.mde_api.machine_calls import shown, the_device
from mdelab.cloud.mde_api.pages import counted, listed, single
from mdelab.cloud.mde_api.parameters import AlertChange, AlertReference, ManyAlertsChange, parameters
from mdelab.cloud.telemetry import Telemetry


class AlertCalls:
    def __init__(self, estates: Estates, gate: Gate, telemetry: Telemetry) -> None:
        self._estates = estates
        self._gate = gate
        self._telemetry = telemetry

    def routes(self) -> list[Route]:
        return [
            Route("/machines/{id}/alerts", self.list_of_machine),
            Route("/machines/{id}/alerts/$count", self.count_of_machine),
            Route("/alerts", self.list),
            Route("/alerts/$count", self.count),
            Route("/alerts/createalertbyreference", self.create, methods=["POST"]),
            Route("/alerts/batchupdate", self.update_many, methods=["POST"]),
            Route("/alerts/{id}", self.get),
            Route("/alerts/{id}", self.update, methods=["PATCH"]),
            Route("/alerts/{id}/machine", self.machine),
        ]

    async def list(self, request: Request) -> Response:
        access = self._gate.admit(request, ALERT_READ)
        return _listed(request, access, list(access.estate.alerts.values()))

    async def count(self, request: Request) -> Response:
        access = self._gate.admit(request, ALERT_READ)
        return _counted(request, access, list(access.estate.alerts.values()))

    async def list_of_machine(self, request: Request) -> Response:
        access = self._gate.admit(request, ALERT_READ)
        return _listed(request, access, access.estate.alerts_of(the_device(access, request.path_params["id"]).id))

    async def count_of_machine(self, request: Request) -> Response:
        access = self._gate.admit(request, ALERT_READ)
        return _counted(request, access, access.estate.alerts_of(the_device(access, request.path_params["id"]).id))

    async def get(self, request: Request) -> Response:
        access = self._gate.admit(request, ALERT_READ)
        return _shown(request, access, _the_alert(access, request.path_params["id"]))

    async def machine(self, request: Request) -> Response:
        access = self._gate.admit(request, MACHINE_READ)
        alert = _the_alert(access, request.path_params["id"])
        return shown(request, access, the_device(access, alert.machine_id))

    async def update(self, request: Request) -> Response:
        access = self._gate.admit(request, ALERT_WRITE)
        alert = _the_alert(access, request.path_params["id"])
        self._change(access, [alert], await parameters(request, AlertChange))
        return _shown(request, access, alert)

    async def update_many(self, request: Request) -> Response:
        """Answers with an empty body, as documented."""
        access = self._gate.admit(request, ALERT_WRITE, "batch-update")
        wanted = await parameters(request, ManyAlertsChange)
        if not wanted.alert_ids:
            raise ApiFailure("MissingRequiredParameter", "the body has no 'alertIds'. Name at least one alert.")
        self._change(access, [_the_alert(access, one) for one in wanted.alert_ids], wanted)
        return Response()

    async def create(self, request: Request) -> Response:
        access = self._gate.admit(request, ALERT_WRITE, "create-alert")
        wanted = await parameters(request, AlertReference)
        device = the_device(access, wanted.machine_id)
        report = self._telemetry.report_with(access.estate.tenant.id, device.id, wanted.report_id)
        alert = alerts.create(access.estate, device, wanted, alerts.event_in(report, wanted))
        self._estates.save_later(access.estate, alert)
        return _shown(request, access, alert)

    def _change(self, access: Access, found: Sequence[Alert], wanted: AlertChange) -> None:
        """All of them, or none when one of them cannot be changed so."""
        for alert in found:
            alerts.check_change(alert, wanted)
        for alert in found:
            alerts.change(alert, wanted, access.app_id, access.estate.tenant.clock.now())
            self._estates.save_later(access.estate, alert)


def _the_alert(access: Access, name: str) -> Alert:
    alert = access.estate.alerts.get(name)
    if alert is None:
        raise ApiFailure("ResourceNotFound", f"Alert {name} was not found. List the alerts for their ids.")
    return alert


def _rows(request: Request, access: Access, found: Sequence[Alert]) -> list[odata.Row]:
    with_evidence = request.query_params.get("$expand", "").lower() == "evidence"
    return [alerts.as_alert(access.estate, alert, with_evidence=with_evidence) for alert in found]


def _listed(request: Request, access: Access, found: Sequence[Alert]) -> Response:
    rows = _rows(request, access, found)
    return listed(request, access.estate, "Alerts", rows, alerts.FILTERABLE, expandable=("evidence",))


def _counted(request: Request, access: Access, found: Sequence[Alert]) -> Response:
    return counted(request, _rows(request, access, found), alerts.FILTERABLE)


def _shown(request: Request, access: Access, alert: Alert) -> Response:
    return single(request, "Alerts", alerts.as_alert(access.estate, alert, with_evidence=True))
