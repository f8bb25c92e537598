"""The fault catalogue: every row holds together with the symptoms, the platforms, the routes and what can act."""

import string

import msgspec
import pytest

from mdelab.catalogue.faults import fault_row, fault_rows, found, route, routes
from mdelab.catalogue.symptoms import symptoms
from mdelab.lab.faults import ACTIONS
from mdelab.model.errors import LabError
from mdelab.model.fault import Fault
from mdelab.model.platform import Platform

ROWS = pytest.mark.parametrize("row", fault_rows(), ids=lambda row: row.id)


def test_ids_are_unique():
    ids = [row.id for row in fault_rows()]

    assert len(ids) == len(set(ids))


@ROWS
def test_what_carries_a_fault_out_is_there_in_each_of_its_places(row):
    assert row.places
    assert all(row.action in ACTIONS[place] for place in row.places)


@ROWS
def test_a_fault_looks_one_way_on_a_platform_and_its_cause_is_a_symptom(row):
    assert len(row.platforms) == len(set(row.platforms))
    assert {look.cause for look in row.look} <= {one.id for one in symptoms()}


@ROWS
def test_a_row_says_what_is_wrong_in_a_sentence_and_what_must_not_happen(row):
    assert row.summary.endswith(".")
    assert row.never
    assert all(look.measured for look in row.look)


@ROWS
def test_the_route_of_a_fault_leads_past_its_place(row):
    way = route(row.route)
    kinds = {hop.kind for hop in way.hop}

    assert {"dns", "gateway", "cloud", "device", "host"} & set(row.places) or kinds & set(row.places)


@ROWS
def test_the_values_of_a_row_fit_its_own_parameters(row):
    for parameter in row.parameter:
        assert parameter.take(parameter.default, row.id) == parameter.default
        assert parameter.doc.endswith(".")
        assert parameter.name not in row.settings


@ROWS
def test_what_the_gateway_does_is_for_a_port(row):
    if "gateway" in row.places:
        assert row.place(Fault(kind=row.id), 0).number("port") in (0, 80, 443)


def test_every_route_is_used():
    assert {row.route for row in fault_rows()} == {row.id for row in routes()}


def test_ids_speak_the_language_of_names():
    assert all(set(row.id) <= set(string.ascii_lowercase + string.digits + "-") for row in fault_rows())


def test_an_unknown_kind_is_told_the_nearest():
    with pytest.raises(LabError, match=r"there is no fault 'dns-nxdomian'. Nearest: dns-nxdomain"):
        fault_row("dns-nxdomian")


def test_a_platform_without_the_fault_is_told_which_have_it():
    row = fault_row("dns-nxdomain")
    on_linux = msgspec.structs.replace(row.look[0], platforms=(Platform.LINUX,))
    with pytest.raises(LabError, match=r"dns-nxdomain does not happen on windows.*Platforms: linux\."):
        msgspec.structs.replace(row, look=(on_linux,)).on(Platform.WINDOWS)


@pytest.mark.parametrize(
    ("parameters", "says"),
    [
        ({"categry": "games"}, "has no parameter 'categry'. It has: category"),
    ],
)
def test_a_wrong_parameter_is_told_with_the_right_ones(parameters, says):
    with pytest.raises(LabError, match=says):
        fault_row("proxy-403-category").place(Fault(kind="proxy-403-category", parameters=parameters), 0)


def test_what_is_given_wins_over_the_rows_own_values():
    placed = fault_row("proxy-403-category").place(
        Fault(kind="proxy-403-category", names=("go.microsoft.com",), parameters={"category": "games"}, seed=5), 7
    )

    assert (placed.names, placed.settings["category"], placed.seed) == (("go.microsoft.com",), "games", 5)


def test_a_word_finds_rows_by_id_and_by_summary():
    assert [row.id for row in found("KERBEROS")] == ["proxy-407-negotiate"]
    assert found("proxy-407") == [row for row in fault_rows() if row.id.startswith("proxy-407")]
