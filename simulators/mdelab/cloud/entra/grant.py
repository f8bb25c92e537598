"""What a client-credentials request asks a token for: `resource` in version 1, `scope` in version 2.

Source: entra-docs v2-oauth2-client-creds-grant-flow.md. An API of the tenant's own is one of its application registrations,
named by its client id or by `api://` before it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from mdelab.catalogue.resources import resource_of
from mdelab.cloud.entra.failure import EntraFailure, missing
from mdelab.cloud.entra.issuers import Version
from mdelab.cloud.estate import Estate

_SUFFIX = "/.default"
_OWN = "api://"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The API that a token is for."""

    audience: str
    """The token's `aud`."""
    version: Version
    """Which version of tokens the API takes."""
    roles: tuple[str, ...]
    """Its application permissions."""


def check_grant_type(form: Mapping[str, str]) -> None:
    """Raises EntraFailure for anything but client credentials."""
    if "grant_type" not in form:
        raise missing("grant_type")
    if form["grant_type"] != "client_credentials":
        raise EntraFailure(70003, f"The app requested an unsupported grant type '{form['grant_type']}'.")


def target_of(form: Mapping[str, str], estate: Estate, endpoint: Version) -> Target:
    """The API that a request means. endpoint: the version of the endpoint that was asked. Raises EntraFailure."""
    return _target(_resource(form) if endpoint == "1.0" else _scope(form), estate)


def _resource(form: Mapping[str, str]) -> str:
    if not form.get("resource"):
        raise missing("resource")
    return form["resource"]


def _scope(form: Mapping[str, str]) -> str:
    scopes = form.get("scope", "").split()
    if not scopes:
        raise missing("scope")
    if len(scopes) > 1:
        raise EntraFailure(
            700022,
            f"The provided value for the input parameter 'scope' is not valid: '{form['scope']}' has more than one resource.",
        )
    resource = scopes[0].removesuffix(_SUFFIX)
    if resource == scopes[0]:
        raise EntraFailure(
            1002012,
            f"The provided value for scope {scopes[0]} is not valid. Client credential flows must have a scope value with "
            "/.default suffixed to the resource identifier.",
        )
    if not resource:
        raise EntraFailure(
            70011,
            f"The provided value for the input parameter 'scope' is not valid. The scope {scopes[0]} names no resource.",
        )
    return resource


def _target(identifier: str, estate: Estate) -> Target:
    row = resource_of(identifier)
    if row is not None:
        # A resource that ends in a slash has two before `.default`; the token's audience is what was asked for.
        return Target(audience=identifier, version="1.0", roles=row.roles)
    own = estate.applications.get(identifier.removeprefix(_OWN).lower())
    if own is not None:
        return Target(audience=own.client_id, version="2.0", roles=())
    raise EntraFailure(
        500011,
        f"The resource principal named {identifier} was not found in the tenant named {estate.tenant.name}. The lab knows the "
        "APIs of the Defender documents, and the tenant's own applications.",
    )
