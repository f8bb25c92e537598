"""The roles that let a user into the Defender portal, and what they may do there."""

from functools import cache

import msgspec

from mdelab.catalogue.read import read
from mdelab.model.basis import Basis
from mdelab.model.errors import LabError

NO_ROLE = ""


class PortalRole(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: str
    opens: bool
    """Whether the portal opens at all."""
    downloads: bool
    """Whether packages can be downloaded, as one who manages security settings."""
    basis: Basis
    source: str


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    role: tuple[PortalRole, ...]


@cache
def _rows() -> dict[str, PortalRole]:
    return {row.name: row for row in read("portal_roles.toml", _File).role}


def portal_role(name: str) -> PortalRole:
    """The row of a role; NO_ROLE for a user without one. Raises LabError that lists the known ones."""
    try:
        return _rows()[name]
    except KeyError as error:
        known = ", ".join(row for row in _rows() if row)
        raise LabError(f'{name!r} is no role of the Defender portal. Known: {known}; or "" for none.') from error
