"""The client-credentials grant: what Entra checks, in its order.

Source: entra-docs v2-oauth2-client-creds-grant-flow.md; v1 takes `resource` where v2 takes `scope`.
"""

import base64
import binascii
import hmac
from collections.abc import Mapping
from urllib.parse import unquote

from mdelab.catalogue.permissions import permissions
from mdelab.cloud.entra.failure import EntraFailure
from mdelab.cloud.estate import Estate

_SUFFIX = "/.default"


def audience_of(form: Mapping[str, str], authorization: str, estate: Estate, version: str) -> str:
    """The resource that a valid request asks a token for. Raises EntraFailure.

    form: the body's parameters. version: `1.0` or `2.0`.
    """
    if "grant_type" not in form:
        raise EntraFailure(900144, "The request body must contain the following parameter: 'grant_type'.")
    if form["grant_type"] != "client_credentials":
        raise EntraFailure(70003, f"The app requested an unsupported grant type '{form['grant_type']}'.")
    client_id, secret = _basic(authorization) or (form.get("client_id", ""), form.get("client_secret", ""))
    if not client_id:
        raise EntraFailure(900144, "The request body must contain the following parameter: 'client_id'.")
    if client_id.lower() != estate.client_id:
        raise EntraFailure(
            700016,
            f"Application with identifier '{client_id}' was not found in the directory '{estate.tenant.name}'. "
            "Use the client id that the lab gave for this tenant.",
        )
    if not secret:
        raise EntraFailure(
            7000218, "The request body must contain the following parameter: 'client_assertion' or 'client_secret'."
        )
    if not hmac.compare_digest(secret.encode(), estate.client_secret.encode()):
        raise EntraFailure(
            7000215,
            "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the "
            f"client secret ID, for a secret added to app '{client_id}'.",
        )
    return _resource(form) if version == "1.0" else _scope(form)


def _resource(form: Mapping[str, str]) -> str:
    if "resource" not in form:
        raise EntraFailure(900144, "The request body must contain the following parameter: 'resource'.")
    return _known(form["resource"])


def _scope(form: Mapping[str, str]) -> str:
    scopes = form.get("scope", "").split()
    if not scopes:
        raise EntraFailure(900144, "The request body must contain the following parameter: 'scope'.")
    if len(scopes) > 1:
        raise EntraFailure(
            700022,
            f"The provided value for the input parameter 'scope' is not valid: '{form['scope']}' has more than one resource.",
        )
    if not scopes[0].endswith(_SUFFIX):
        raise EntraFailure(
            1002012,
            f"The provided value for scope {scopes[0]} is not valid. Client credential flows must have a scope value with "
            "/.default suffixed to the resource identifier.",
        )
    return _known(scopes[0].removesuffix(_SUFFIX))


def _known(resource: str) -> str:
    # A resource that ends in a slash has two before `.default`; both spellings are taken.
    if resource.rstrip("/").lower() in (*permissions().audiences, permissions().app_id):
        return resource
    raise EntraFailure(
        500011,
        f"The resource principal named {resource} was not found in the tenant. This lab has the Defender API only.",
    )


def _basic(authorization: str) -> tuple[str, str] | None:
    scheme, _, value = authorization.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        name, colon, secret = base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return (unquote(name), unquote(secret)) if colon else None
