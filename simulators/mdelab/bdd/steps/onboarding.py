"""Onboarding and offboarding, by the packages that do it in reality: a file, a property list, values of the registry."""

from datetime import timedelta

from mdelab.bdd.asking import ask, says
from mdelab.bdd.eventually import Seen, eventually, never
from mdelab.bdd.last import Last
from mdelab.bdd.registry import given, then, when
from mdelab.bdd.steps.cloud import listed_as
from mdelab.bdd.steps.commands import run
from mdelab.bdd.steps.packages import blob, order, script
from mdelab.bdd.tenancy import other_tenant
from mdelab.bdd.verdict import Unmet
from mdelab.catalogue.readings import Name, shell
from mdelab.lab.client import LabClient, TenantClient
from mdelab.model.package import Kind

_SETTLED = timedelta(minutes=30)
"""How long an endpoint that a Given calls onboarded may take in lab time: definitions minutes, inventory 5 to 20 minutes."""


def onboard(tenant: TenantClient, endpoint: str) -> None:
    """Onboard `endpoint` and let time pass until it is healthy and listed."""
    tenant.place_package(endpoint, "onboarding")
    wanted: dict[Name, str] = {"licensed": "true", "ready": "true"}
    eventually(tenant, f"{endpoint} is onboarded", _SETTLED, lambda: says(tenant, endpoint, wanted))
    eventually(tenant, f"the API lists {endpoint}", _SETTLED, lambda: listed_as(tenant, endpoint, "Active"))


@when("{endpoint:Name} is onboarded")
def is_onboarded(tenant: TenantClient, endpoint: str) -> None:
    """It gets the tenant's onboarding package as its platform's management tools bring it."""
    tenant.place_package(endpoint, "onboarding")


@when("the portal's {kind:Kind} script runs on {endpoint:Name}")
def script_runs(tenant: TenantClient, last: Last, kind: Kind, endpoint: str) -> None:
    """The script of the portal's download that asks no questions, run with administrative rights."""
    _run_script(tenant, last, kind, endpoint)


@when("the user {user:Name} of {endpoint:Name} runs the portal's {kind:Kind} script")
def user_runs_script(tenant: TenantClient, last: Last, user: str, endpoint: str, kind: Kind) -> None:
    """The same, by somebody without administrative rights."""
    _run_script(tenant, last, kind, endpoint, user)


@when("the portal's local {kind:Kind} script runs on {endpoint:Name}, answered with {answer:Quoted}")
def local_script_runs(tenant: TenantClient, last: Last, kind: Kind, endpoint: str, answer: str) -> None:
    """The script that asks before it begins: the answer is what somebody types, with one more key for the pause at its end."""
    row = shell(tenant.endpoint(endpoint).platform)
    name, text = script(order(tenant, kind, row.platform, "script"))
    tenant.write_file(endpoint, f"{row.folder}/{name}", text)
    run(tenant, last, endpoint, row.command.format(name=name), stdin=f"{answer}\n\n")


@when("{endpoint:Name} gets a {damage:Damage} {kind:Kind} file")
def gets_damaged(tenant: TenantClient, endpoint: str, damage: str, kind: Kind) -> None:
    """truncated: the second half of the package is missing. tampered: one character of its signed body differs."""
    text = blob(tenant, kind, endpoint)
    tenant.place_package(endpoint, kind, text[: len(text) // 2] if damage == "truncated" else tampered(tenant, text))


@when("{endpoint:Name} gets the {kind:Kind} file of another tenant")
def gets_foreign(lab: LabClient, tenant: TenantClient, endpoint: str, kind: Kind) -> None:
    """A good package, of an organisation to which the endpoint does not belong."""
    other = other_tenant(lab, tenant)
    tenant.place_package(endpoint, kind, order(other, kind, tenant.endpoint(endpoint).platform).blob)


@when("{endpoint:Name} is offboarded")
def is_offboarded(tenant: TenantClient, endpoint: str) -> None:
    """It gets the tenant's offboarding package, downloaded just now."""
    tenant.place_package(endpoint, "offboarding")


@when("{endpoint:Name} gets an offboarding file that was downloaded {age:Duration} ago")
def gets_old(tenant: TenantClient, endpoint: str, age: timedelta) -> None:
    """It lay somewhere since then, as left-over packages do."""
    tenant.place_package(endpoint, "offboarding", blob(tenant, "offboarding", endpoint, age))


@given("a left-over offboarding file on {endpoint:Name}")
def left_over(tenant: TenantClient, endpoint: str) -> None:
    """The package of an earlier offboarding is still there."""
    tenant.place_package(endpoint, "offboarding")


@when("the offboarding file on {endpoint:Name} is removed")
def file_removed(tenant: TenantClient, endpoint: str) -> None:
    """An administrator deletes the offboarding package where the client looks for it."""
    tenant.remove_package(endpoint, "offboarding")


@then("{endpoint:Name} belongs to its tenant within {limit:Duration}")
def belongs(tenant: TenantClient, endpoint: str, limit: timedelta) -> None:
    """The device itself names the organisation of this scenario's tenant, and says that it is licensed."""
    eventually(tenant, f"{endpoint} belongs to its tenant", limit, lambda: says(tenant, endpoint, _member(tenant)))


@then("{endpoint:Name} belongs to no tenant within {limit:Duration}")
def belongs_to_none(tenant: TenantClient, endpoint: str, limit: timedelta) -> None:
    """The device itself says that it has no licence, and names no organisation."""
    wanted: dict[Name, str] = {"organisation": "none", "licensed": "false"}
    eventually(tenant, f"{endpoint} belongs to no tenant", limit, lambda: says(tenant, endpoint, wanted))


@then("for {span:Duration} {endpoint:Name} is not licensed")
def not_licensed(tenant: TenantClient, endpoint: str, span: timedelta) -> None:
    """The positive control is another endpoint of the tenant that is."""
    others = [one for one in tenant.info().endpoints if one != endpoint]

    def control() -> Seen:
        licensed = [one for one in others if ask(tenant, one, "licensed") == "true"]
        return Seen(
            bool(licensed), f"no other endpoint of the tenant ({', '.join(others) or 'there is none'}) is licensed"
        )

    never(tenant, f"{endpoint} is not licensed", span, lambda: says(tenant, endpoint, {"licensed": "true"}), control)


@then("for {span:Duration} {endpoint:Name} goes on belonging to its tenant")
def goes_on_belonging(tenant: TenantClient, endpoint: str, span: timedelta) -> None:
    """Through all of the time, its organisation stays and the licence too."""
    wanted = _member(tenant)
    end = tenant.clock().now + span

    def look() -> Seen:
        seen = says(tenant, endpoint, wanted)
        if not seen.holds:
            raise Unmet(f"{endpoint} changed at {tenant.clock().now:%H:%M:%S} lab time: {seen.text}")
        return Seen(tenant.clock().now >= end, seen.text)

    eventually(tenant, f"{endpoint} stays as it is", span, look)


def _run_script(tenant: TenantClient, last: Last, kind: Kind, endpoint: str, user: str = "") -> None:
    row = shell(tenant.endpoint(endpoint).platform)
    name, text = script(order(tenant, kind, row.platform, row.method))
    tenant.write_file(endpoint, f"{row.folder}/{name}", text)
    run(tenant, last, endpoint, row.command.format(name=name), user)


def _member(tenant: TenantClient) -> dict[Name, str]:
    return {"organisation": tenant.info().org_id, "licensed": "true"}


def tampered(tenant: TenantClient, text: str) -> str:
    """`text` with another organisation in its body, so that the signature does not fit."""
    own = tenant.info().org_id
    changed = text.replace(own, own[:-1] + ("0" if own[-1] != "0" else "1"))
    if changed == text:
        raise Unmet(f"the package does not name the organisation {own}, so it cannot be tampered with. Report this.")
    return changed
