"""How a device is asked with the means of its own platform, and how its answers are read.

The rows are in readings.toml. They are what lets one sentence of a scenario hold on every platform; what the programs
behind the commands do is the endpoint's.
"""

import re
from functools import cache
from typing import Literal, TypeVar

import msgspec

from mdelab.catalogue.read import read
from mdelab.model.basis import Basis
from mdelab.model.platform import Platform

Name = Literal["licensed", "ready", "organisation", "log"]
"""What a device can be asked: whether it is onboarded, whether its client works, to whom it belongs, what it has logged."""


class Shell(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a platform takes command lines and runs the portal's script."""

    platform: Platform
    splits: Literal["posix", "windows"]
    """By whose rules a command line becomes words."""
    method: str
    """The portal's deployment method whose script asks no questions."""
    folder: str
    """Where the script is put: a path of the device's tree."""
    command: str
    """Runs the script `{name}`."""
    basis: Basis
    source: str


class Reading(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One question to a device."""

    platform: Platform
    name: Name
    command: str
    pattern: str
    """Its first group is the answer."""
    values: dict[str, str] = {}
    """Answer -> the word that all platforms share; an answer that is not there is taken as it is."""
    missing: str = ""
    """What no match means."""
    basis: Basis
    source: str

    def answer(self, printed: str) -> str:
        """What `printed`, the command's standard output, says."""
        found = re.search(self.pattern, printed, re.MULTILINE)
        return self.values.get(found[1], found[1]) if found else self.missing


class DetectionTest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The documented test of a platform, and the alert that it raises."""

    platform: Platform
    commands: tuple[str, ...]
    """One after the other, as root or administrator."""
    title: str
    severity: str
    basis: Basis
    source: str


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    shell: tuple[Shell, ...]
    reading: tuple[Reading, ...]
    test: tuple[DetectionTest, ...]


Row = TypeVar("Row", Shell, Reading, DetectionTest)


@cache
def _file() -> _File:
    return read("readings.toml", _File)


def shell(platform: Platform) -> Shell:
    return _of(_file().shell, platform)


def reading(platform: Platform, name: Name) -> Reading:
    return _of(tuple(row for row in _file().reading if row.name == name), platform)


def detection_test(platform: Platform) -> DetectionTest:
    return _of(_file().test, platform)


def _of(rows: tuple[Row, ...], platform: Platform) -> Row:
    (row,) = [row for row in rows if row.platform is platform]
    return row
