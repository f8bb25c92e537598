"""What a customer's automation does by the Defender API: lists in pages, machine actions, alerts, and its limits."""

import base64
import hashlib
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import msgspec

from mdelab.bdd.eventually import NOW, Seen, eventually
from mdelab.bdd.registry import given, then, when
from mdelab.bdd.steps.alerts import alerts
from mdelab.bdd.steps.identity import expect_refusal
from mdelab.bdd.verdict import Unmet
from mdelab.lab.answer import Answer
from mdelab.lab.client import LabClient, TenantClient
from mdelab.lab.mde_api import Rows

_BY = {"Comment": "scenario"}
_ORDERS: dict[str, tuple[str, dict[str, Any]]] = {
    "a quick scan": ("runAntiVirusScan", {**_BY, "ScanType": "Quick"}),
    "a full scan": ("runAntiVirusScan", {**_BY, "ScanType": "Full"}),
    "a scan of another kind": ("runAntiVirusScan", {**_BY, "ScanType": "Thorough"}),
    "isolation": ("isolate", {**_BY, "IsolationType": "Full"}),
    "selective isolation": ("isolate", {**_BY, "IsolationType": "Selective"}),
    "release": ("unisolate", _BY),
    "offboarding": ("offboard", _BY),
    "an order without a comment": ("isolate", {"IsolationType": "Full"}),
    "an investigation package": ("collectInvestigationPackage", _BY),
    "restricted code execution": ("restrictCodeExecution", _BY),
    "a live response": (
        "runliveresponse",
        {**_BY, "Commands": [{"type": "GetFile", "params": [{"key": "Path", "value": "/etc/hosts"}]}]},
    ),
}
"""The words of a step -> the operation's last part and its body."""


@given("the API puts {count:Count} objects into a page")
def pages_of(tenant: TenantClient, count: int) -> None:
    """Instead of the documented 10,000."""
    tenant.set_api_pages(count)


@when("the API orders {order:Order} of {endpoint:Name}")
def orders(tenant: TenantClient, order: str, endpoint: str) -> None:
    """A machine action, which the device takes at its next contact."""
    answer = _order(tenant, order, endpoint)
    if answer.status != 201:
        raise Unmet(f"the API did not take the order: {answer.status} {answer.body.decode(errors='replace')}")


@when("the API orders the quarantine of {path:Quoted} on {endpoint:Name}")
def orders_quarantine(tenant: TenantClient, path: str, endpoint: str) -> None:
    """StopAndQuarantineFile, by the SHA-1 of what the file holds now."""
    content = base64.b64decode(tenant.read_file(endpoint, path).base64)
    sha1 = hashlib.sha1(content, usedforsecurity=False).hexdigest()
    tenant.api().post(f"{_path(tenant, endpoint)}/StopAndQuarantineFile", {**_BY, "Sha1": sha1})


@when("the API cancels the last action on {endpoint:Name}")
def cancels(tenant: TenantClient, endpoint: str) -> None:
    """The one that was ordered last."""
    tenant.api().post(f"/api/machineactions/{_last(tenant, endpoint)['id']}/cancel", _BY)


@then("the last action on {endpoint:Name} is {progress:Progress}")
def is_now(tenant: TenantClient, endpoint: str, progress: str) -> None:
    """At this moment."""
    becomes(tenant, endpoint, progress, NOW)


@then("the last action on {endpoint:Name} is {progress:Progress} within {limit:Duration}")
def becomes(tenant: TenantClient, endpoint: str, progress: str, limit: timedelta) -> None:
    """`status` of the machine action that was ordered last."""

    def look() -> Seen:
        row = _last(tenant, endpoint)
        said = f" ({row['troubleshootInfo']})" if row["troubleshootInfo"] else ""
        return Seen(row["status"] == progress, f"{row['type']} was {row['status']}{said}")

    eventually(tenant, f"the last action on {endpoint} is {progress}", limit, look)


@then("the API refuses {order:Order} of {endpoint:Name} with {status:Count} {code:Quoted}")
def refuses_order(tenant: TenantClient, order: str, endpoint: str, status: int, code: str) -> None:
    """With its documented error body."""
    expect_refusal(_order(tenant, order, endpoint), status, code)


@then("the API answers {request:Quoted} with {status:Count} {code:Quoted}")
def answers(tenant: TenantClient, request: str, status: int, code: str) -> None:
    """A request by method and path, such as "GET /api/machines", is refused with the documented error body."""
    method, _, path = request.partition(" ")
    expect_refusal(tenant.api().send(method, path.replace(" ", "%20"), {} if method != "GET" else None), status, code)


@then("the API lists {count:Count} machines in {pages:Count} pages")
def lists_in_pages(tenant: TenantClient, count: int, pages: int) -> None:
    """By following each page's link to the next; every machine stands there once."""
    found = tenant.api().pages("/api/machines")
    ids = [row["id"] for page in found for row in page]
    if (len(found), len(ids), len(set(ids))) != (pages, count, count):
        raise Unmet(f"the API listed {len(ids)} machines, {len(set(ids))} different, in {len(found)} pages.")


@then("the API finds {endpoint:Name} alone by {odata_filter:Quoted}")
def finds(tenant: TenantClient, endpoint: str, odata_filter: str) -> None:
    """A $filter of the list of machines."""
    found = [row["computerDnsName"] for row in tenant.api().machines(odata_filter)]
    wanted = tenant.api().machine(tenant.endpoint(endpoint).machine_id)["computerDnsName"]
    if found != [wanted]:
        raise Unmet(f"the filter {odata_filter!r} found {', '.join(found) or 'nothing'}, not {wanted} alone.")


@then("the API counts {count:Count} by {request:Quoted}")
def counts(tenant: TenantClient, count: int, request: str) -> None:
    """The bare number of a `/$count` path."""
    found = tenant.api().get(request.replace(" ", "%20"))
    if found != count:
        raise Unmet(f"{request} counted {found}, not {count}.")


@then("the API answers {application:Name} under {url:Quoted}")
def answers_under(lab: LabClient, tenant: TenantClient, application: str, url: str) -> None:
    """200 with a list, and its context names the host that was asked."""
    api = tenant.api(application)
    api.sign_in()
    answer = lab.fetch(url, headers={"Authorization": f"Bearer {api.token}"})
    body = msgspec.json.decode(answer.body)
    if answer.status != 200 or not body["@odata.context"].startswith("/".join(url.split("/")[:3])):
        raise Unmet(f"{url} answered {answer.status} {answer.body.decode(errors='replace')[:200]}.")


@then("after {count:Count} calls of {path:Quoted} the API asks {application:Name} to wait for {span:Duration}")
def asks_to_wait(tenant: TenantClient, count: int, path: str, application: str, span: timedelta) -> None:
    """So many calls are answered, the next one gets 429 TooManyRequests with Retry-After."""
    for number in range(1, count + 1):
        answer = _call(tenant, application, path)
        if answer.status == 429:
            raise Unmet(f"call {number} of {count} was refused already: {answer.body.decode(errors='replace')}")
    answer = _call(tenant, application, path)
    expect_refusal(answer, 429, "TooManyRequests")
    if answer.headers.get("retry-after") != str(round(span.total_seconds())):
        raise Unmet(f"the API asks to wait {answer.headers.get('retry-after')} s, not {span.total_seconds():.0f}.")


@then("the API answers a call of {path:Quoted} by {application:Name}")
def answers_call(tenant: TenantClient, path: str, application: str) -> None:
    """It is not asked to wait."""
    answer = _call(tenant, application, path)
    if answer.status == 429:
        raise Unmet(f"the API still refuses {application}: {answer.body.decode(errors='replace')}")


@when("the API sets the alert {title:Quoted} of {endpoint:Name} to:")
def sets_alert(tenant: TenantClient, title: str, endpoint: str, datatable: list[list[str]]) -> None:
    """A row for each field: status, classification, determination, assignedTo, comment."""
    tenant.api().patch(_alert_path(tenant, title, endpoint), {row[0]: row[1] for row in datatable})


@then("the API refuses to set the alert {title:Quoted} of {endpoint:Name} to:")
def refuses_alert(tenant: TenantClient, title: str, endpoint: str, datatable: list[list[str]]) -> None:
    """400 InvalidInput: the fields do not go together."""
    path = _alert_path(tenant, title, endpoint)
    expect_refusal(tenant.api().send("PATCH", path, {row[0]: row[1] for row in datatable}), 400, "InvalidInput")


@then("the API shows the alert {title:Quoted} of {endpoint:Name} with:")
def shows_alert(tenant: TenantClient, title: str, endpoint: str, datatable: list[list[str]]) -> None:
    """A row for each field and its value; `-` stands for null."""
    found = tenant.api().get(_alert_path(tenant, title, endpoint))
    for name, wanted in datatable:
        shown = "-" if found[name] is None else str(found[name])
        if shown != wanted:
            raise Unmet(f"the alert {title!r} of {endpoint} has {name} {shown!r}, not {wanted!r}.")


@then("the API shows {endpoint:Name} at risk {risk:Quoted}")
def shows_risk(tenant: TenantClient, endpoint: str, risk: str) -> None:
    """`riskScore` of the device."""
    found = tenant.api().machine(tenant.endpoint(endpoint).machine_id)["riskScore"]
    if found != risk:
        raise Unmet(f"the risk of {endpoint} was {found!r}, not {risk!r}.")


def _path(tenant: TenantClient, endpoint: str) -> str:
    return f"/api/machines/{tenant.endpoint(endpoint).machine_id}"


def _order(tenant: TenantClient, order: str, endpoint: str) -> Answer:
    operation, body = _ORDERS[order]
    return tenant.api().send("POST", f"{_path(tenant, endpoint)}/{operation}", body)


def _last(tenant: TenantClient, endpoint: str) -> dict[str, Any]:
    own = tenant.endpoint(endpoint).machine_id
    rows: Rows = tenant.api().actions(f"machineId eq '{own}'")
    if not rows:
        raise Unmet(f"the API lists no machine action on {endpoint}. Order one first.")
    return rows[-1]


def _call(tenant: TenantClient, application: str, path: str) -> Answer:
    method, _, where = path.partition(" ")
    return tenant.api(application).send(method, where, {} if method != "GET" else None)


def _alert_path(tenant: TenantClient, title: str, endpoint: str) -> str:
    found = [row["id"] for row in alerts(tenant, endpoint) if row["title"] == title]
    if len(found) != 1:
        raise Unmet(f"{endpoint} has {len(found)} alerts with the title {title!r}. Raise exactly one first.")
    return f"/api/alerts/{quote(found[0], safe='')}"
