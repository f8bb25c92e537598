"""Applications that sign in at Entra, and what their tokens are worth."""

import base64
from datetime import timedelta

import msgspec

from mdelab.bdd.registry import given, then, when
from mdelab.bdd.tenancy import other_tenant
from mdelab.bdd.verdict import Unmet
from mdelab.lab.answer import Answer
from mdelab.lab.client import LabClient, TenantClient
from mdelab.lab.mde_api import BASE
from mdelab.lab.wire import ApplicationChange, ApplicationSpec

_NOBODY = "00000000-0000-4000-8000-000000000000"
_MISTAKES = {
    "a wrong secret": {"client_secret": "wrong"},
    "no secret": {"client_secret": ""},
    "an unknown application": {"client_id": _NOBODY},
    "no application": {"client_id": ""},
    "a password grant": {"grant_type": "password"},
    "no grant": {"grant_type": ""},
    "a scope without /.default": {"scope": BASE},
    "two resources": {"scope": f"{BASE}/.default https://graph.microsoft.com/.default"},
    "an unknown resource": {"scope": "https://nobody.example/.default"},
    "no scope": {"scope": ""},
    "an unknown tenant": {"tenant_id": _NOBODY},
    "no tenant": {"tenant_id": "common"},
}
"""The words of a step -> what differs from a good request."""

_NO_TENANT = (90002, 50194)
"""Codes for a request that names no known tenant: there is no tenant's time in them."""


@given("an application {application:Name} with {roles:Quoted}")
def registered(tenant: TenantClient, application: str, roles: str) -> None:
    """Registered in the tenant; an administrator has consented to these application permissions, parted by commas."""
    tenant.create_application(ApplicationSpec(name=application, roles=_listed(roles)))


@given("an application {application:Name} whose secret lives for {span:Duration}")
def registered_for(tenant: TenantClient, application: str, span: timedelta) -> None:
    """It may read machines."""
    spec = ApplicationSpec(name=application, roles=["Machine.Read.All"], secret_days=span / timedelta(days=1))
    tenant.create_application(spec)


@when("{application:Name} signs in")
def signs_in(tenant: TenantClient, application: str) -> None:
    """It gets a token for the Defender API."""
    tenant.api(application).sign_in()


@when("{application:Name} signs in for {api:Quoted}")
def signs_in_for(tenant: TenantClient, application: str, api: str) -> None:
    """It gets a token for another API."""
    tenant.api(application).sign_in(api)


@when("an administrator consents to {roles:Quoted} for {application:Name}")
def consented(tenant: TenantClient, roles: str, application: str) -> None:
    """These are all the permissions that it has from now on."""
    tenant.change_application(application, ApplicationChange(roles=_listed(roles)))


@when("an administrator adds a secret to {application:Name}")
def secret_added(tenant: TenantClient, application: str) -> None:
    """It signs in with that one from now on."""
    tenant.change_application(application, ApplicationChange(secret_days=30))


@when("an administrator disables {application:Name}")
def disabled(tenant: TenantClient, application: str) -> None:
    """It stays in the tenant, but may not sign in."""
    tenant.change_application(application, ApplicationChange(enabled=False))


@when("an administrator deletes {application:Name}")
def deleted(tenant: TenantClient, application: str) -> None:
    """It goes on trying with the id and the secret that it had."""
    tenant.api(application)
    tenant.remove_application(application)


@when("Entra rolls its signing keys over")
def rolled_over(tenant: TenantClient) -> None:
    """New tokens are signed with a new key; the old one stays published for a day."""
    tenant.roll_over_keys()


@when("Entra withdraws its signing keys")
def withdrawn(tenant: TenantClient) -> None:
    """New tokens are signed with a new key, and the old one is published no more."""
    tenant.roll_over_keys(at_once=True)


@then("Entra gives {application:Name} a token")
def gives_token(tenant: TenantClient, application: str) -> None:
    """For the Defender API."""
    tenant.api(application).sign_in()


@then("Entra refuses {application:Name} a token with AADSTS{code:Count}")
def refuses_token(tenant: TenantClient, application: str, code: int) -> None:
    """Its error names this code, at the tenant's time."""
    _expect(tenant, tenant.api(application).ask_for_token(), code)


@then("Entra refuses {application:Name} a token for {mistake:Mistake} with AADSTS{code:Count}")
def refuses_mistake(lab: LabClient, tenant: TenantClient, application: str, mistake: str, code: int) -> None:
    """The request would be good but for the mistake."""
    changes = {"tenant_id": other_tenant(lab, tenant).id} if mistake == "another tenant" else _MISTAKES[mistake]
    _expect(tenant, tenant.api(application).ask_for_token(**changes), code)


@then("the token of {application:Name} says:")
def token_says(tenant: TenantClient, application: str, datatable: list[list[str]]) -> None:
    """Claims of the token that it holds; several values are parted by blanks, and `-` stands for a claim that is missing."""
    claims = msgspec.json.decode(base64.urlsafe_b64decode(tenant.api(application).token.split(".")[1] + "=="))
    for name, wanted in datatable:
        found = claims.get(name, "-")
        shown = " ".join(found) if isinstance(found, list) else str(found)
        if shown != wanted.replace("TENANT", tenant.id):
            raise Unmet(f"the token of {application} says {name} {shown!r}, not {wanted!r}. Look at its permissions.")


@then("the API accepts the token of {application:Name}")
def accepts_token(tenant: TenantClient, application: str) -> None:
    """It may list the machines with the token that it holds."""
    answer = tenant.api(application).send("GET", "/api/machines")
    if answer.status != 200:
        raise Unmet(f"the API answered {answer.status} to {application}: {answer.body.decode(errors='replace')}")


@then("the API refuses the token of {application:Name} with {status:Count} {code:Quoted}")
def refuses_api(tenant: TenantClient, application: str, status: int, code: str) -> None:
    """When it lists the machines with the token that it holds."""
    expect_refusal(tenant.api(application).send("GET", "/api/machines"), status, code)


@then("an application of another tenant does not see {endpoint:Name}")
def sees_nothing(lab: LabClient, tenant: TenantClient, endpoint: str) -> None:
    """It has every permission in its own tenant. The positive control is an application of the device's tenant."""
    own = tenant.endpoint(endpoint).machine_id
    if own not in [row["id"] for row in tenant.api().machines()]:
        raise Unmet(f"not even the tenant's own application sees {endpoint}. Onboard it first.")
    stranger = other_tenant(lab, tenant).api()
    expect_refusal(stranger.send("GET", f"/api/machines/{own}"), 404, "ResourceNotFound")
    if stranger.machines():
        raise Unmet("an application of another tenant lists machines, although its tenant has none.")


@then("Entra publishes {count:Count} signing keys")
@then("Entra publishes {count:Count} signing key")
def publishes(lab: LabClient, tenant: TenantClient, count: int) -> None:
    """At the address that the tenant's OpenID configuration names, and without their private parts."""
    url = f"https://login.microsoftonline.com/{tenant.id}/v2.0/.well-known/openid-configuration"
    configuration = msgspec.json.decode(lab.fetch(url).body)
    keys = msgspec.json.decode(lab.fetch(configuration["jwks_uri"]).body)["keys"]
    if len(keys) != count or any("d" in key for key in keys):
        raise Unmet(
            f"Entra publishes {len(keys)} keys with the fields {sorted({name for key in keys for name in key})}."
        )


def expect_refusal(answer: Answer, status: int, code: str) -> None:
    """The Defender API's documented error body. Raises Unmet."""
    said = answer.body.decode(errors="replace")
    try:
        error = msgspec.json.decode(answer.body)["error"]
        found = (answer.status, error["code"], sorted(error))
    except (msgspec.DecodeError, KeyError, TypeError) as unreadable:
        raise Unmet(f"the API answered {answer.status} {said}, which is not its documented error body.") from unreadable
    if found != (status, code, ["code", "message", "target"]):
        raise Unmet(f"the API answered {answer.status} {said}, not {status} {code!r}.")


def _expect(tenant: TenantClient, answer: Answer, code: int) -> None:
    said = answer.body.decode(errors="replace")
    if answer.status not in (400, 401):
        raise Unmet(f"Entra answered {answer.status} {said}, instead of refusing with AADSTS{code}.")
    body = msgspec.json.decode(answer.body)
    now = f"{tenant.clock().now:%Y-%m-%d %H:%M:%S}Z"
    if body["error_codes"] != [code] or not body["error_description"].startswith(f"AADSTS{code}: "):
        raise Unmet(f"Entra answered {answer.status} {said}, not AADSTS{code}.")
    if code not in _NO_TENANT and body["timestamp"] != now:
        raise Unmet(f"Entra's error is of {body['timestamp']}, and the tenant's time is {now}.")


def _listed(roles: str) -> list[str]:
    return [role.strip() for role in roles.split(",") if role.strip()]
