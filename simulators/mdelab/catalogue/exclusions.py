"""The common exclusion mistakes: what should not be excluded from scanning, and how the lab flags it."""

import posixpath
from functools import cache
from typing import Literal

import msgspec

from mdelab.catalogue.health import Text
from mdelab.catalogue.read import read
from mdelab.model.basis import Basis
from mdelab.model.platform import Platform


class Mistake(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    kind: Literal["folder", "extension", "process"]
    platforms: tuple[Platform, ...]
    values: tuple[str, ...]
    why: str
    basis: Basis
    source: str


class NameOnly(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    why: str
    basis: Basis
    source: str


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    mistake: tuple[Mistake, ...]
    name_only: NameOnly
    warning: Text


@cache
def _file() -> _File:
    return read("exclusions.toml", _File)


def mistakes() -> tuple[Mistake, ...]:
    return _file().mistake


def flag(platform: Platform, kind: str, value: str) -> str:
    """The warning for an exclusion that is a common mistake; "" for any other.

    kind: `file`, `folder`, `extension` or `process`. value: as it was typed.
    """
    why = next((row.why for row in mistakes() if platform in row.platforms and _is(row, kind, value)), "")
    if not why and kind == "file" and "/" not in value and "\\" not in value:
        why = _file().name_only.why
    return _file().warning.text.format(value=value, why=why, kind=kind) if why else ""


def _is(row: Mistake, kind: str, value: str) -> bool:
    if row.kind != kind:
        return False
    match kind:
        case "folder":
            return posixpath.normpath(value.removesuffix("*") or "/") in row.values
        case "extension":
            return value.lstrip(".").lower() in row.values
        case _:
            return posixpath.basename(value) in row.values
