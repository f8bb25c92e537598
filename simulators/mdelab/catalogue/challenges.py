"""The challenges with which a proxy demands authentication."""

from functools import cache
from typing import Literal

import msgspec

from mdelab.catalogue.read import read
from mdelab.model.basis import Basis


class Challenge(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One authentication scheme of a proxy."""

    scheme: Literal["basic", "negotiate", "ntlm", "digest"]
    value: str
    """The header `Proxy-Authenticate`, with places for `{realm}` and `{nonce}`."""
    basis: Basis
    source: str


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    challenge: tuple[Challenge, ...]


@cache
def challenge(scheme: str) -> Challenge:
    """The row of a scheme as `HopPolicy.auth` names it. Raises KeyError for one that has no row."""
    rows = {row.scheme: row for row in read("challenges.toml", _File).challenge}
    return {str(name): row for name, row in rows.items()}[scheme]
