"""Random streams: the same names give the same stream, whatever else was drawn meanwhile."""

import uuid

from hypothesis import assume, given
from hypothesis import strategies as st

from mdelab.model.clock import Clock
from mdelab.model.seeds import derive, guid, stream
from mdelab.model.tenant import new_tenant

_NAMES = st.lists(st.text(alphabet=st.characters(exclude_characters="\x1f"), max_size=8), min_size=1, max_size=3)


@given(st.integers(), _NAMES)
def test_the_same_seed_and_names_give_the_same_stream(seed, names):
    first, second = stream(seed, *names), stream(seed, *names)
    stream(seed, "other").random()

    assert [first.random() for _ in range(3)] == [second.random() for _ in range(3)]


@given(st.integers(), _NAMES, _NAMES)
def test_other_names_give_another_seed(seed, one, other):
    assume(one != other)
    assert derive(seed, *one) != derive(seed, *other)


def test_how_names_are_cut_matters():
    assert derive(1, "ab", "c") != derive(1, "a", "bc")


def test_a_derived_seed_never_changes_between_versions():
    """A recorded seed must bring the same scenario back."""
    assert derive(2026, "scenario", "lin-1") == 9703356981765086042


@given(st.integers())
def test_a_guid_is_of_version_4(seed):
    value = uuid.UUID(guid(stream(seed, "guid")))

    assert value.version == 4
    assert value.variant == uuid.RFC_4122


def test_a_tenant_has_the_same_ids_in_every_run_and_others_than_its_neighbour():
    def make(scenario: str):
        return new_tenant(name="contoso", scenario=scenario, seed=7, clock=Clock())

    first, again, neighbour = make("one"), make("one"), make("two")

    assert (first.id, first.org_id) == (again.id, again.org_id)
    assert len({first.id, first.org_id, neighbour.id, neighbour.org_id}) == 4
    assert first.stream("x").random() == again.stream("x").random()
    assert first.derive("x") != neighbour.derive("x")
