"""Alerts, as the Defender API lists them."""

from datetime import timedelta

from mdelab.bdd.eventually import Seen, eventually, never
from mdelab.bdd.last import Last
from mdelab.bdd.registry import then, when
from mdelab.bdd.steps.commands import run_each
from mdelab.catalogue.readings import detection_test
from mdelab.lab.client import TenantClient
from mdelab.lab.mde_api import Rows


def alerts(tenant: TenantClient, endpoint: str) -> Rows:
    """The alerts of one endpoint."""
    own = tenant.endpoint(endpoint).machine_id
    return [row for row in tenant.api().alerts() if row["machineId"] == own]


@then(
    "the alert {title:Quoted} with severity {severity:Severity} is raised for {endpoint:Name} within {limit:Duration}"
)
def raised(tenant: TenantClient, title: str, severity: str, endpoint: str, limit: timedelta) -> None:
    """Exactly one alert of that title, with that severity."""

    def look() -> Seen:
        rows = alerts(tenant, endpoint)
        found = [(row["title"], row["severity"]) for row in rows]
        matching = [row for row in rows if row["title"] == title]
        holds = [row["severity"] for row in matching] == [severity]
        return Seen(holds, f"the alerts of {endpoint} were {found}")

    eventually(tenant, f"the {severity} alert {title!r} is raised for {endpoint}", limit, look)


@when("{endpoint:Name} runs the detection test of its platform")
def tested(tenant: TenantClient, last: Last, endpoint: str) -> None:
    """The documented commands, one after the other."""
    run_each(tenant, last, endpoint, detection_test(tenant.endpoint(endpoint).platform).commands)


@then("the alert of its platform's detection test is raised for {endpoint:Name} within {limit:Duration}")
def test_raised(tenant: TenantClient, endpoint: str, limit: timedelta) -> None:
    """Exactly one alert with the documented title, with the documented severity."""
    row = detection_test(tenant.endpoint(endpoint).platform)
    raised(tenant, row.title, row.severity, endpoint, limit)


@then("for {span:Duration} no alert is raised for {endpoint:Name}")
def none_raised(tenant: TenantClient, span: timedelta, endpoint: str) -> None:
    """The positive control is an alert of another endpoint of the tenant."""

    def look() -> Seen:
        titles = [row["title"] for row in alerts(tenant, endpoint)]
        return Seen(bool(titles), f"the alerts were {titles}")

    def control() -> Seen:
        return Seen(bool(tenant.api().alerts()), "no endpoint of the tenant raised an alert")

    never(tenant, f"no alert is raised for {endpoint}", span, look, control)


@then("an alert with {part:Quoted} in its title is raised for {endpoint:Name} within {limit:Duration}")
def raised_like(tenant: TenantClient, part: str, endpoint: str, limit: timedelta) -> None:
    """For alerts whose exact title is not documented."""

    def look() -> Seen:
        titles = [str(row["title"]) for row in alerts(tenant, endpoint)]
        return Seen(any(part in title for title in titles), f"the alerts of {endpoint} were {titles}")

    eventually(tenant, f"an alert with {part!r} in its title is raised for {endpoint}", limit, look)
