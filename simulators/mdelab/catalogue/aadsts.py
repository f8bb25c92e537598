"""Entra's error codes: which OAuth error and HTTP status goes with each."""

from functools import cache

import msgspec

from mdelab.catalogue.read import read
from mdelab.model.basis import Basis


class Code(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    number: int
    meaning: str
    error: str
    """The OAuth error."""
    status: int
    basis: Basis
    """Of the pairing of number, error and status."""
    source: str


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    code: tuple[Code, ...]


@cache
def codes() -> dict[int, Code]:
    """By number."""
    return {row.number: row for row in read("aadsts.toml", _File).code}
