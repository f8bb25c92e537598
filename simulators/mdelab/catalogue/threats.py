"""What the antivirus knows: files by their SHA-256."""

from functools import cache

import msgspec

from mdelab.catalogue.read import read
from mdelab.model.basis import Basis


class Signature(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One file that the engine calls a threat."""

    sha256: str
    size_bytes: int
    name: str
    """As `mdatp threat list` prints it."""
    type: str
    allowed_as: tuple[str, ...]
    """The names by which a policy or `mdatp threat allowed` lets it pass."""
    basis: Basis
    source: str


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    signature: tuple[Signature, ...]


@cache
def signatures() -> tuple[Signature, ...]:
    return read("threats.toml", _File).signature
