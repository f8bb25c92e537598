"""The Linux package repositories that packages.microsoft.com describes."""

from functools import cache

import msgspec

from mdelab.catalogue.read import read
from mdelab.model.basis import Basis


class Repositories(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    keys: tuple[str, ...]
    """File names below /keys."""
    channels: tuple[str, ...]
    client: dict[str, str]
    """Channel -> the newest version of the client in it. The numbers are the lab's."""
    codenames: dict[str, str]
    """`distribution/version` -> codename, for those with .list files."""
    signed_by: tuple[str, ...]
    """Of these, those whose .list file names the key's file; older ones rely on the keys that apt trusts for all."""
    rpm: dict[str, tuple[str, ...]]
    """Distribution -> versions, for those with .repo files."""
    basis: Basis
    source: str


@cache
def repositories() -> Repositories:
    return read("repositories.toml", Repositories)
