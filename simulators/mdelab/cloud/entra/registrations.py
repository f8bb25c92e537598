"""What an administrator does to application registrations: make one, grant and take permissions, add a secret, disable, delete.

The portal's work, which the control API does; clients of the cloud see what comes of it.
"""

import secrets
from collections.abc import Sequence
from datetime import timedelta

from cryptography import x509

from mdelab.catalogue.resources import roles as known_roles
from mdelab.cloud.application import Application, Secret
from mdelab.cloud.estate import Estate
from mdelab.model.errors import LabError
from mdelab.model.seeds import guid

SECRET_LIVES = timedelta(days=180)
"""What the portal proposes for a new secret."""


def register(
    estate: Estate,
    name: str,
    roles: Sequence[str],
    *,
    secret_lives: timedelta | None = SECRET_LIVES,
    certificate: str = "",
) -> Application:
    """A new application. Its ids come from the tenant's seed stream, secrets are always new.

    roles: names of catalogue/resources.toml, already consented to. secret_lives: None for no secret. certificate: PEM.
    Raises LabError for what is not known or cannot be read.
    """
    _check_roles(roles)
    if any(one.name == name for one in estate.applications.values()):
        raise LabError(f"tenant {estate.tenant.name!r} has an application {name!r} already. Choose another name.")
    ids = estate.tenant.stream("cloud", "api application", name)
    application = Application(client_id=guid(ids), object_id=guid(ids), name=name, roles=tuple(roles))
    if certificate:
        application.certificates.append(_certificate(certificate))
    if secret_lives is not None:
        add_secret(estate, application, secret_lives)
    estate.applications[application.client_id] = application
    return application


def grant(application: Application, roles: Sequence[str]) -> None:
    """Replace the permissions that were consented to; tokens that are out keep theirs. Raises LabError."""
    _check_roles(roles)
    application.roles = tuple(roles)


def add_secret(estate: Estate, application: Application, lives: timedelta) -> Secret:
    """Another secret beside those that are there."""
    try:
        expires = estate.tenant.clock.now() + lives
    except OverflowError as error:
        raise LabError(f"a secret cannot live for {lives}: a calendar does not go so far. Give less.") from error
    secret = Secret(value=secrets.token_urlsafe(30), expires=expires)
    application.secrets.append(secret)
    return secret


def _check_roles(roles: Sequence[str]) -> None:
    unknown = [role for role in roles if role not in known_roles()]
    if unknown:
        raise LabError(
            f"{', '.join(map(repr, unknown))} is no application permission that the lab knows. "
            f"Known: {', '.join(known_roles())}."
        )


def _certificate(pem: str) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(pem.encode())
    except ValueError as error:
        raise LabError(f"the certificate cannot be read: {error}. Give one in PEM form.") from error
