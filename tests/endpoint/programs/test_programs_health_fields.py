"""Every field of `mdatp health` in every state of the catalogue's table, and the printed form."""

import json
import re
from datetime import UTC, datetime, timedelta

import pytest

from mdelab.catalogue.health import HealthField, health
from mdelab.endpoint.health import (
    HealthFacts,
    expires_at,
    fields,
    format_value,
    issues,
    print_fields,
    print_json,
)
from mdelab.model.basis import Basis
from mdelab.model.platform import Platform

NOW = datetime(2026, 1, 5, 13, 34, 28, tzinfo=UTC)


def facts(state: str, platform: Platform = Platform.LINUX, **changes: object) -> HealthFacts:
    """A device in one state of the table."""
    known: dict[str, object] = {
        "platform": platform,
        "now": NOW,
        "installed_at": NOW - timedelta(days=1),
        "is_licensed": state in "OPD",
        "machine_guid": "5f0c9a1e-2b3c-4d5e-8f90-a1b2c3d4e5f6",
        "org_id": "11111111-2222-4333-8444-555555555555",
        "machine_id": "0123456789abcdef0123456789abcdef01234567",
        "configuration_version": "30.199999.1-" + "ab" * 32,
        "tags": (("GROUP", "lab"),),
        "passive_mode": state in "NP",
        "has_first_definitions": state in "OPX",
        "definitions_version": "1.395.227.0" if state in "OPX" else "",
        "definitions_updated": NOW - timedelta(minutes=159) if state in "OPX" else None,
        "definitions_status": {"N": "unavailable", "D": "updating"}.get(state, "up_to_date"),
    }
    return HealthFacts(**{**known, **changes})  # type: ignore[arg-type]


CELLS = [
    pytest.param(platform, state, row, id=f"{platform}-{state}-{row.name}")
    for platform in (Platform.LINUX, Platform.MACOS)
    for row in health().fields(platform)
    for state in "NOPXD"
]


@pytest.mark.parametrize(("platform", "state", "row"), CELLS)
def test_field_has_the_value_of_its_state(platform: Platform, state: str, row: HealthField) -> None:
    printed = format_value(fields(facts(state, platform))[row.name])
    assert re.fullmatch(row.states[state], printed), f"{row.name} prints {printed}, not {row.states[state]}"


@pytest.mark.parametrize("platform", [Platform.LINUX, Platform.MACOS])
def test_fields_come_in_printed_order_and_only_those_of_the_platform(platform: Platform) -> None:
    names = [row.name for row in health().fields(platform)]
    assert list(fields(facts("O", platform))) == names
    assert ("full_disk_access_enabled" in names) == (platform is Platform.MACOS)


@pytest.mark.parametrize("row", health().field, ids=lambda row: row.name)
def test_type_of_a_field_is_the_one_of_its_row(row: HealthField) -> None:
    value = fields(facts("O", row.platforms[0]))[row.name]
    shapes = {"bool": bool, "integer": int, "string": str, "date": datetime, "list": tuple}
    assert value is None or type(value) is shapes[row.type]


def test_every_state_is_given_for_every_field_and_every_row_has_a_source() -> None:
    for row in health().field:
        assert set(row.states) == set("NOPXD"), row.name
        assert row.source, row.name
        assert row.basis in Basis, row.name


def test_line_is_name_in_44_columns_colon_value() -> None:
    text = print_fields({"healthy": True, "org_id": None}, frozenset())
    assert text == "healthy" + " " * 37 + ": true\norg_id" + " " * 38 + ": unavailable\n"


@pytest.mark.parametrize(
    ("value", "printed"),
    [
        (True, "true"),
        (False, "false"),
        (159, "159"),
        ("101.25062.0003", '"101.25062.0003"'),
        ("", '""'),
        (datetime(2024, 4, 10, 13, 34, 28, tzinfo=UTC), "Apr 10, 2024 at 01:34:28 PM"),
        ((), "[]"),
        (("missing license",), '["missing license"]'),
        ((("GROUP", "lab"),), '[{"key":"GROUP","value":"lab"}]'),
        (None, "unavailable"),
    ],
)
def test_value_is_printed_as_public_samples_show_it(value: object, printed: str) -> None:
    assert format_value(value) == printed  # type: ignore[arg-type]


def test_value_set_by_the_administrator_is_marked_managed() -> None:
    text = print_fields({"cloud_enabled": True, "log_level": "info"}, frozenset({"cloud_enabled"}))
    assert [line.endswith(" [managed]") for line in text.splitlines()] == [True, False]


def test_json_form_has_camel_case_names_and_wrapped_values() -> None:
    text = print_json(fields(facts("O")))
    assert text.endswith("\n")
    said = json.loads(text)
    assert said["realTimeProtectionEnabled"] == {"value": True}
    assert said["edrDeviceTags"] == {"value": [{"key": "GROUP", "value": "lab"}]}
    assert len(said) == len(health().fields(Platform.LINUX))
    assert health().json_form.basis is Basis.ASSUMED


def test_expired_product_shows_the_signs_of_a_missing_licence() -> None:
    young = facts("O")
    old = facts("O", now=expires_at(young))
    assert fields(young)["licensed"] is True
    assert fields(old)["licensed"] is False
    assert issues(old) == ("missing license",)


def test_program_that_blocks_on_fanotify_keeps_real_time_protection_from_running() -> None:
    values = fields(facts("O", fanotify_users=("falcon-sensor",)))
    assert values["conflicting_applications"] == ("falcon-sensor",)
    assert values["real_time_protection_enabled"] is False
    assert values["real_time_protection_subsystem"] is None


def test_every_issue_that_a_device_can_have_is_in_the_catalogue() -> None:
    known = {row.text for row in health().issue}
    found = {
        *issues(facts("N")),
        *issues(facts("D")),
        *issues(facts("O", log_folder_is_open=False)),
        *issues(facts("O", Platform.MACOS, has_full_disk_access=False)),
    }
    assert len(found) == 4
    assert found <= known
    assert issues(facts("O", extra_issues=("anything",))) == ("anything",)


def test_definitions_are_not_called_current_without_a_licence_though_they_were_downloaded() -> None:
    row = next(row for row in health().fields(Platform.LINUX) if row.name == "definitions_status")
    values = fields(facts("O", is_licensed=False))
    assert re.fullmatch(row.states["N"], format_value(values["definitions_status"]))
    assert values["definitions_version"] == "1.395.227.0"
    assert fields(facts("N", definitions_status="updating"))["definitions_status"] == "updating"


def test_network_protection_runs_when_a_level_is_set_on_a_licensed_device() -> None:
    assert fields(facts("O", network_protection="block"))["network_protection_status"] == "started"
    assert fields(facts("X", network_protection="block"))["network_protection_status"] == "stopped"
