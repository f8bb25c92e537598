"""Rules for every catalogue file: each row says what it rests on."""

import tomllib
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

import pytest

from mdelab.catalogue import service_for, services, simulated_suffixes, timing
from mdelab.catalogue.read import read
from mdelab.model.basis import Basis

_FILES = sorted(entry.name for entry in files("mdelab.catalogue").iterdir() if entry.name.endswith(".toml"))
_OF_THE_LAB = ("requirements.toml", "parity.toml")
"""About this lab itself, so their rows rest on nothing else."""


def _tables(value: Any, place: str) -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(value, list):
        for number, entry in enumerate(value, 1):
            yield from _tables(entry, f"{place}[{number}]")
    elif isinstance(value, dict):
        yield place, value
        for key, entry in value.items():
            yield from _tables(entry, f"{place}.{key}" if place else key)


def _rows(name: str) -> list[tuple[str, dict[str, Any]]]:
    content = tomllib.loads(files("mdelab.catalogue").joinpath(name).read_text(encoding="utf-8"))
    return list(_tables(content, ""))


@pytest.mark.parametrize("name", _FILES)
def test_every_basis_is_one_of_the_five_and_comes_with_a_source(name):
    for place, table in _rows(name):
        if "basis" in table:
            assert table.get("basis") in list(Basis), f"{name} {place}"
            assert table.get("source"), f"{name} {place}"


@pytest.mark.parametrize("name", [name for name in _FILES if name not in _OF_THE_LAB])
def test_every_file_has_rows_that_say_what_they_rest_on(name):
    assert any("basis" in table for _, table in _rows(name))


def test_a_wrong_row_is_refused_with_its_place():
    with pytest.raises(ValueError, match=r"catalogue/timing\.toml: .*"):
        read("timing.toml", list[int])


def test_the_most_exact_pattern_answers_for_a_host():
    for row in services():
        host = row.host.replace("*", "a.b")
        found = service_for(host)
        assert found is not None
        assert len(found.host) >= len(row.host)


def test_names_outside_the_catalogue_belong_to_no_service():
    assert service_for("example.org") is None
    assert service_for("notmicrosoft.com") is None
    assert service_for("") is None


def test_certificate_authorities_may_sign_for_registrable_names_only():
    assert all(suffix.count(".") == 1 for suffix in simulated_suffixes())
    assert "com" not in simulated_suffixes()


def test_durations_are_in_a_sensible_order():
    after = timing().after
    assert after("notice") < after("upload") < after("poll") < after("inactive")
    assert after("retry_first") < after("retry_most")
