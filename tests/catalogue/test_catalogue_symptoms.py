"""The symptom catalogue: what every row must have, so that a diagnosis can rest on it."""

import string

import pytest

from mdelab.catalogue.symptoms import symptom, symptoms

_PLACEHOLDERS = {"endpoint", "name", "hop", "issuer", "status", "error", "detour"}
_STEPS = {"route", "dns", "tcp", "tunnel", "tls", "http"}


def test_ids_are_unique_and_speak_the_language_of_the_fault_catalogue():
    ids = [row.id for row in symptoms()]

    assert len(ids) == len(set(ids))
    assert all(set(row_id) <= set(string.ascii_lowercase + string.digits + "-") for row_id in ids)


@pytest.mark.parametrize("row", symptoms(), ids=lambda row: row.id)
def test_every_row_says_what_happened_what_mends_it_and_where_that_is_from(row):
    used = {name for _, name, _, _ in string.Formatter().parse(row.summary) if name is not None}

    assert used <= _PLACEHOLDERS
    assert row.summary.endswith(".")
    assert row.fix.endswith(".")
    assert row.source


def test_every_step_has_a_last_row_that_fits_whatever_happened():
    anything = {
        when.step
        for row in symptoms()
        for when in row.when
        if not any(getattr(when, field) for field in when.__struct_fields__ if field != "step")
    }

    assert anything == _STEPS


def test_no_row_stands_behind_one_of_its_step_that_fits_anything():
    closed: dict[str, str] = {}
    for row in symptoms():
        for when in row.when:
            assert when.step not in closed, f"{row.id} can never be named: {closed.get(when.step)} stands above it"
        for when in row.when:
            if not any(getattr(when, field) for field in when.__struct_fields__ if field != "step"):
                closed[when.step] = row.id


def test_words_to_look_for_are_in_lower_case_because_they_are_compared_so():
    assert all(part == part.lower() for row in symptoms() for when in row.when for part in when.says)


def test_an_unknown_id_is_a_mistake_of_the_caller():
    with pytest.raises(KeyError):
        symptom("made-up")
