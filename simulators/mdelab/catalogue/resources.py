"""The APIs that Entra issues tokens for: their identifiers and application permissions."""

from functools import cache

import msgspec

from mdelab.catalogue.read import read
from mdelab.model.basis import Basis

DEFENDER = "WindowsDefenderATP"


class Resource(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One API as Entra knows it."""

    name: str
    app_id: str
    identifiers: tuple[str, ...]
    """Its resource URIs, without a slash at the end."""
    basis: Basis
    source: str
    roles: tuple[str, ...] = ()
    """Its application permissions."""

    def is_named(self, identifier: str) -> bool:
        """Whether `identifier` (a URI, in any case and with or without a slash at its end, or the app id) means this API."""
        return identifier.rstrip("/").lower() in (*self.identifiers, self.app_id)


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    resource: tuple[Resource, ...]


@cache
def resources() -> tuple[Resource, ...]:
    return read("resources.toml", _File).resource


def resource(name: str) -> Resource:
    """The row called `name`."""
    return next(row for row in resources() if row.name == name)


def resource_of(identifier: str) -> Resource | None:
    """The API that a token request means by `identifier`; None for one that is not in the table."""
    return next((row for row in resources() if row.is_named(identifier)), None)


def roles() -> tuple[str, ...]:
    """Every application permission of every API."""
    return tuple(role for row in resources() for role in row.roles)
