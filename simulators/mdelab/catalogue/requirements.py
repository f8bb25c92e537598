"""The numbered requirements: what the seed documents say must be true, and how far the lab shows that it is.

The rows are in requirements.toml. A scenario claims a row by a tag with its id, such as `@R002-38`. How a row stands is
computed from the scenarios' tags and from the planted defects, so that nobody can write a wish into the table.
"""

import re
from collections.abc import Collection
from enum import StrEnum
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

import msgspec

from mdelab.catalogue.read import read

_TAG_LINE = re.compile(r"^\s*(@\S+(\s+@\S+)*)\s*(#.*)?$")
_ID = re.compile(r"R[0-9C]\w*-\d+")


class Status(StrEnum):
    """How far a requirement is shown, the strongest first."""

    HELD = "held"
    """A scenario claims it, and a planted defect turned that scenario red."""
    RECORDED = "recorded"
    """A scenario claims it, but only a label can satisfy it, or no planted defect has shown that the scenario can fail."""
    REASONED = "reasoned"
    """No scenario is possible; the row says why it holds all the same."""
    PLANNED = "planned"
    """Nothing shows it yet."""


class Row(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One statement of the seed documents or of the design card, as requirements.toml has it."""

    id: str
    text: str
    """Reads on after "The system must"."""
    systems: tuple[str, ...]
    """What it exercises: `linux`, `device-cloud`, `portal`, `proxy`, ..."""
    seed: str
    """Where it is said: the seed's number and its lines."""
    defects: tuple[str, ...] = ()
    """Planted defects that turned a scenario of this row red; the names of `tests/defects`."""
    label_only: bool = False
    """Whether only a label or a flag can satisfy it, so that it is never more than recorded."""
    reason: str = ""
    """Why it holds though no scenario can show it."""


class Requirement(msgspec.Struct, frozen=True, kw_only=True):
    """A row and how it stands."""

    id: str
    text: str
    systems: tuple[str, ...]
    seed: str
    status: Status
    defects: tuple[str, ...]
    reason: str


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    requirement: tuple[Row, ...]


@cache
def rows() -> tuple[Row, ...]:
    """Every row, in the order of the seeds."""
    return read("requirements.toml", _File).requirement


@cache
def requirements() -> tuple[Requirement, ...]:
    """Every row and how it stands by the lab's own scenarios, in the order of the seeds."""
    tags = shipped_tags()
    return tuple(
        Requirement(
            id=row.id,
            text=row.text,
            systems=row.systems,
            seed=row.seed,
            status=status(row, tags),
            defects=row.defects,
            reason=row.reason,
        )
        for row in rows()
    )


def status(row: Row, tags: Collection[str]) -> Status:
    """How `row` stands where the scenarios carry `tags`."""
    if row.id in tags:
        return Status.HELD if row.defects and not row.label_only else Status.RECORDED
    return Status.REASONED if row.reason else Status.PLANNED


def requirement_tags(feature: str) -> set[str]:
    """The requirement ids among the tags of a feature file's text."""
    lines = (match[1] for line in feature.splitlines() if (match := _TAG_LINE.match(line)))
    return {tag for line in lines for word in line.split() if _ID.fullmatch(tag := word.lstrip("@"))}


@cache
def shipped_tags() -> frozenset[str]:
    """The requirement ids that the lab's own scenarios carry; empty where no features are installed."""
    return frozenset(tag for text in _shipped_features() for tag in requirement_tags(text))


def _shipped_features() -> list[str]:
    """The texts of the lab's features: in the package when it is installed, beside `simulators/` in a checkout."""
    packaged = files("mdelab").joinpath("features")
    checkout = Path(__file__).parents[3] / "features"
    return _texts(packaged if packaged.is_dir() else checkout)


def _texts(folder: Traversable) -> list[str]:
    if not folder.is_dir():
        return []
    texts = [child.read_text(encoding="utf-8") for child in folder.iterdir() if child.name.endswith(".feature")]
    return texts + [text for child in folder.iterdir() if child.is_dir() for text in _texts(child)]
