"""Which scenarios can hold on one backend only, and why."""

from fnmatch import fnmatchcase
from functools import cache
from pathlib import PurePath
from typing import Literal

import msgspec

from mdelab.catalogue.read import read


class Difference(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    feature: str
    scenario: str = "*"
    only: Literal["docker", "embedded"]
    reason: str

    def covers(self, feature: str, scenario: str) -> bool:
        """feature: any path of the file. scenario: the title, with the values of an outline's row in it."""
        return PurePath(feature).match(self.feature) and fnmatchcase(scenario, self.scenario)


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    difference: tuple[Difference, ...]


@cache
def differences() -> tuple[Difference, ...]:
    return read("parity.toml", _File).difference


def difference_of(feature: str, scenario: str) -> Difference | None:
    """The row that covers a scenario; None when it must come to the same on both backends."""
    return next((row for row in differences() if row.covers(feature, scenario)), None)
