"""The requirement rows, their status, and the tags that claim them."""

import re
from pathlib import Path

import pytest

from mdelab.catalogue.requirements import Row, Status, requirement_tags, requirements, rows, status

_ROOT = Path(__file__).parents[2]
_SYSTEMS = {
    *("macos", "linux", "windows", "android", "ios"),
    *("device-cloud", "entra", "portal", "mde-api", "intune", "cond-access", "defender-for-cloud", "legacy-portal"),
    *("azure-vm", "arc", "arm", "partner", "proxy", "mdm", "mau", "licensing", "harness"),
}


def _row(**fields):
    return Row(**{"id": "R002-38", "text": "do it", "systems": ("linux",), "seed": "002:1", **fields})


def test_every_row_of_the_five_seeds_and_the_card_is_there_once():
    counts: dict[str, int] = {}
    for row in rows():
        counts[row.id.split("-")[0]] = counts.get(row.id.split("-")[0], 0) + 1

    assert counts == {"R000": 19, "R001": 15, "R002": 51, "R003": 117, "R004": 84, "RC": 16}
    assert len({row.id for row in rows()}) == 302


def test_rows_are_numbered_without_a_gap():
    for seed in ("R000", "R001", "R002", "R003", "R004", "RC"):
        numbers = [int(row.id.split("-")[1]) for row in rows() if row.id.startswith(f"{seed}-")]
        assert numbers == list(range(1, len(numbers) + 1))


@pytest.mark.parametrize("row", rows(), ids=lambda row: row.id)
def test_every_row_names_its_systems_and_its_lines(row):
    assert row.text
    assert row.systems
    assert set(row.systems) <= _SYSTEMS
    place = "card" if row.id.startswith("RC") else row.id[1:4]
    assert row.seed.startswith(f"{place}:")


def test_a_row_is_held_when_a_scenario_claims_it_and_a_planted_defect_turned_it_red():
    assert status(_row(defects=("agent-ignores-its-roots",)), {"R002-38"}) is Status.HELD


def test_a_claimed_row_without_a_planted_defect_is_recorded_only():
    assert status(_row(), {"R002-38"}) is Status.RECORDED


def test_a_row_that_only_a_label_satisfies_is_never_held():
    assert status(_row(defects=("agent-ignores-its-roots",), label_only=True), {"R002-38"}) is Status.RECORDED


def test_a_defect_without_a_scenario_shows_nothing():
    assert status(_row(defects=("agent-ignores-its-roots",)), set()) is Status.PLANNED


def test_a_row_that_no_scenario_can_show_is_reasoned():
    assert status(_row(reason="it is a name only"), set()) is Status.REASONED


def test_tags_are_read_from_tag_lines_only():
    feature = """
@onboarding @R002-38
Feature: mentions @R002-39 in its text
  @RC-10   @basis-seed # @R002-40
  Scenario: one
    Given a device with the tag "@R002-41"
    \"\"\"
    x @R002-42
    \"\"\"
"""
    assert requirement_tags(feature) == {"R002-38", "RC-10"}


def test_every_tag_in_the_features_names_a_row():
    known = {row.id for row in rows()}
    pattern = re.compile(r"R\w*-\d+")
    for path in sorted((_ROOT / "features").rglob("*.feature")):
        unknown = {tag for tag in requirement_tags(path.read_text(encoding="utf-8")) if pattern.fullmatch(tag)} - known
        assert not unknown, f"{path.relative_to(_ROOT)} claims {sorted(unknown)}, which no requirement row has"


def test_the_status_of_every_row_comes_from_the_features_that_are_here():
    claimed = {
        tag
        for path in (_ROOT / "features").rglob("*.feature")
        for tag in requirement_tags(path.read_text(encoding="utf-8"))
    }
    shown = {row.id for row in requirements() if row.status in (Status.HELD, Status.RECORDED)}

    assert shown == claimed
