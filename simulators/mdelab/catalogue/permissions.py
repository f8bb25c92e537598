"""The Defender API in Entra: who it is, and its application permissions."""

from functools import cache

import msgspec

from mdelab.catalogue.read import read
from mdelab.model.basis import Basis


class Permissions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    app_id: str
    """Of the resource WindowsDefenderATP."""
    audiences: tuple[str, ...]
    """Its resource URIs."""
    roles: tuple[str, ...]
    basis: Basis
    source: str


@cache
def permissions() -> Permissions:
    return read("permissions.toml", Permissions)
