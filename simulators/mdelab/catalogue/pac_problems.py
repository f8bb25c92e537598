"""What platforms call a PAC file that gives no answer."""

from functools import cache

import msgspec

from mdelab.catalogue.read import read
from mdelab.model.basis import Basis
from mdelab.model.pac import Problem
from mdelab.model.platform import Platform


class PacProblemRow(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One problem and its numbers."""

    id: Problem
    windows: int = 0
    """WinHTTP's error; 0 for none."""
    macos: int = 0
    """CFNetwork's error; 0 for none."""
    basis: Basis
    source: str


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    problem: tuple[PacProblemRow, ...]


@cache
def pac_problems() -> dict[Problem, PacProblemRow]:
    return {row.id: row for row in read("pac_problems.toml", _File).problem}


def pac_code(problem: Problem, platform: Platform) -> int:
    """The platform's number for a problem; 0 where it has none."""
    row = pac_problems()[problem]
    return {Platform.WINDOWS: row.windows, Platform.MACOS: row.macos}.get(platform, 0)
