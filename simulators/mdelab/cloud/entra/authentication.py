"""Which application a token request is of: a client secret in the body or by Basic, or an assertion that it has signed.

Source: entra-docs v2-oauth2-client-creds-grant-flow.md.
"""

import base64
import binascii
import hmac
from collections.abc import Mapping
from typing import Literal
from urllib.parse import unquote

from mdelab.cloud.application import Application
from mdelab.cloud.entra.assertion import ASSERTION_TYPE, check_assertion
from mdelab.cloud.entra.failure import EntraFailure, missing
from mdelab.cloud.estate import Estate

Proof = Literal["1", "2"]
"""How the application has proved itself, as `appidacr` says it: 1 by a secret, 2 by a certificate."""


def authenticate(form: Mapping[str, str], authorization: str, estate: Estate) -> tuple[Application, Proof]:
    """The application that asks, and its proof. Raises EntraFailure."""
    client_id, secret = _basic(authorization) or (form.get("client_id", ""), form.get("client_secret", ""))
    if not client_id:
        raise missing("client_id")
    application = estate.applications.get(client_id.lower())
    if application is None:
        raise EntraFailure(
            700016,
            f"Application with identifier '{client_id}' was not found in the directory '{estate.tenant.name}'. "
            "Use a client id that the lab gave for this tenant.",
        )
    if not application.is_enabled:
        raise EntraFailure(7000112, f"Application '{client_id}'({application.name}) is disabled.")
    if secret:
        _check_secret(application, secret, estate)
        return application, "1"
    if form.get("client_assertion_type") == ASSERTION_TYPE and form.get("client_assertion"):
        check_assertion(form["client_assertion"], application, estate.tenant)
        return application, "2"
    raise EntraFailure(
        7000218, "The request body must contain the following parameter: 'client_assertion' or 'client_secret'."
    )


def _check_secret(application: Application, secret: str, estate: Estate) -> None:
    given = secret.encode()
    known = next((one for one in application.secrets if hmac.compare_digest(given, one.value.encode())), None)
    if known is None:
        raise EntraFailure(
            7000215,
            "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the "
            f"client secret ID, for a secret added to app '{application.client_id}'.",
        )
    if estate.tenant.clock.now() >= known.expires:
        raise EntraFailure(
            7000222,
            f"The provided client secret keys for app '{application.client_id}' are expired since {known.expires:%Y-%m-%d %H:%M}"
            " by the tenant's clock. Create new keys for the app.",
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
