"""Onboarding and offboarding, by the files that do it in reality."""

from datetime import timedelta

from mdelab.bdd.eventually import Seen, eventually
from mdelab.bdd.last import Last
from mdelab.bdd.registry import given, then, when
from mdelab.bdd.steps.cloud import listed_as
from mdelab.bdd.steps.commands import run
from mdelab.bdd.steps.health import shows
from mdelab.bdd.steps.packages import FILES, configuration, drop, order, script
from mdelab.bdd.tenancy import other_name
from mdelab.bdd.verdict import Unmet
from mdelab.lab.client import LabClient, TenantClient
from mdelab.lab.wire import TenantSpec
from mdelab.model.package import Kind

_SETTLED = timedelta(minutes=30)
"""How long an endpoint that a Given calls onboarded may take in lab time: definitions minutes, inventory 5 to 20 minutes."""


def onboard(tenant: TenantClient, endpoint: str) -> None:
    """Onboard `endpoint` and let time pass until it is healthy and listed."""
    drop(tenant, endpoint, "onboarding", configuration(order(tenant, "onboarding")))
    wanted = {"licensed": "true", "healthy": "true"}
    eventually(tenant, f"{endpoint} is onboarded", _SETTLED, lambda: shows(tenant, endpoint, wanted))
    eventually(tenant, f"the API lists {endpoint}", _SETTLED, lambda: listed_as(tenant, endpoint, "Active"))


@when("{endpoint:Name} is onboarded")
def is_onboarded(tenant: TenantClient, endpoint: str) -> None:
    """It gets the tenant's mdatp_onboard.json."""
    drop(tenant, endpoint, "onboarding", configuration(order(tenant, "onboarding")))


@when("the portal's {kind:Kind} script runs on {endpoint:Name}")
def script_runs(tenant: TenantClient, last: Last, kind: Kind, endpoint: str) -> None:
    """The Python script of the portal's download, run as root with `sudo python3`."""
    name, text = script(order(tenant, kind, "script"))
    tenant.write_file(endpoint, f"/root/{name}", text)
    run(tenant, last, endpoint, f"sudo python3 {name}")


@when("{endpoint:Name} gets a {damage:Damage} {kind:Kind} file")
def gets_damaged(tenant: TenantClient, endpoint: str, damage: str, kind: Kind) -> None:
    """truncated: the second half is missing. tampered: one character of the signed body differs."""
    text = configuration(order(tenant, kind))
    drop(tenant, endpoint, kind, text[: len(text) // 2] if damage == "truncated" else tampered(tenant, text))


@when("{endpoint:Name} gets the {kind:Kind} file of another tenant")
def gets_foreign(lab: LabClient, tenant: TenantClient, endpoint: str, kind: Kind) -> None:
    """A good file, of an organisation to which the endpoint does not belong."""
    name = other_name(tenant)
    names = {one.name for one in lab.tenants()}
    other = lab.tenant(name) if name in names else lab.create_tenant(TenantSpec(name=name))
    drop(tenant, endpoint, kind, configuration(order(other, kind)))


@when("{endpoint:Name} is offboarded")
def is_offboarded(tenant: TenantClient, endpoint: str) -> None:
    """It gets the tenant's mdatp_offboard.json, downloaded just now."""
    drop(tenant, endpoint, "offboarding", configuration(order(tenant, "offboarding")))


@when("{endpoint:Name} gets an offboarding file that was downloaded {age:Duration} ago")
def gets_old(tenant: TenantClient, endpoint: str, age: timedelta) -> None:
    """Downloads it, lets that much time pass, then puts it onto the endpoint."""
    text = configuration(order(tenant, "offboarding"))
    tenant.move(seconds=age.total_seconds())
    drop(tenant, endpoint, "offboarding", text)


@given("a left-over offboarding file on {endpoint:Name}")
def left_over(tenant: TenantClient, endpoint: str) -> None:
    """mdatp_offboard.json of an earlier offboarding is still there."""
    drop(tenant, endpoint, "offboarding", configuration(order(tenant, "offboarding")))


@when("the offboarding file on {endpoint:Name} is removed")
def file_removed(tenant: TenantClient, endpoint: str) -> None:
    """An administrator deletes mdatp_offboard.json."""
    tenant.remove_file(endpoint, FILES["offboarding"])


@then("{endpoint:Name} belongs to its tenant within {limit:Duration}")
def belongs(tenant: TenantClient, endpoint: str, limit: timedelta) -> None:
    """`org_id` is the organisation of this scenario's tenant."""
    wanted = {"org_id": tenant.info().org_id, "licensed": "true"}
    eventually(tenant, f"{endpoint} belongs to its tenant", limit, lambda: shows(tenant, endpoint, wanted))


@then("for {span:Duration} {endpoint:Name} goes on belonging to its tenant")
def goes_on_belonging(tenant: TenantClient, endpoint: str, span: timedelta) -> None:
    """Through all of the time, `org_id` stays and the licence too."""
    wanted = {"org_id": tenant.info().org_id, "licensed": "true"}
    always(tenant, endpoint, span, wanted)


def always(tenant: TenantClient, endpoint: str, span: timedelta, wanted: dict[str, str]) -> None:
    """Let `span` pass and see at each moment at which something happens that health shows `wanted`."""
    end = tenant.clock().now + span

    def look() -> Seen:
        seen = shows(tenant, endpoint, wanted)
        if not seen.holds:
            raise Unmet(f"{endpoint} changed at {tenant.clock().now:%H:%M:%S} lab time: {seen.text}")
        return Seen(tenant.clock().now >= end, seen.text)

    eventually(tenant, f"{endpoint} stays as it is", span, look)


def tampered(tenant: TenantClient, text: str) -> str:
    """`text` with another organisation in its body, so that the signature does not fit."""
    own = tenant.info().org_id
    changed = text.replace(own, own[:-1] + ("0" if own[-1] != "0" else "1"))
    if changed == text:
        raise Unmet(f"the package does not name the organisation {own}, so it cannot be tampered with. Report this.")
    return changed
