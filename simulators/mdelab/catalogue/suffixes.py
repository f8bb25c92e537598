"""Names below which organisations register theirs, where that is more than the last label."""

from functools import cache

import msgspec

from mdelab.catalogue.read import read
from mdelab.model.basis import Basis


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    suffixes: tuple[str, ...]
    basis: Basis
    source: str


@cache
def public_suffixes() -> frozenset[str]:
    return frozenset(read("suffixes.toml", _File).suffixes)
