"""Faults: what can be asked for, whom one takes, and how its share is drawn."""

import pytest

from mdelab.model.errors import LabError
from mdelab.model.fault import Fault, Faults, InForce


def _in_force(id: str = "f", **fields: object) -> InForce:  # noqa: A002 - the field's name
    return InForce(id=id, places=("dns",), action="answer", **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        (Fault(kind="x", after_s=-1), "after_s = -1: a time is 0 s or more"),
        (Fault(kind="x", for_s=-0.5), "for_s = -0.5"),
        (Fault(kind="x", after_s=float("nan")), "after_s = nan"),
        (Fault(kind="x", for_s=1e18), "at most a year"),
        (Fault(kind="x", share=1.5), "share = 1.5"),
        (Fault(kind="x", id="Not an id"), "cannot be called 'Not an id'"),
    ],
)
def test_a_fault_that_cannot_be_is_told_why(fault, says):
    with pytest.raises(LabError, match=says):
        fault.check()


def test_a_fault_concerns_its_names_and_its_endpoints_only():
    fault = _in_force(names=("*.wd.microsoft.com",), endpoints=("lin-1",))

    assert fault.concerns("lin-1", "x.cp.wd.microsoft.com")
    assert not fault.concerns("lin-2", "x.cp.wd.microsoft.com")
    assert not fault.concerns("lin-1", "go.microsoft.com")


def test_a_fault_acts_in_its_places_and_at_its_hop_only():
    faults = Faults()
    faults.begin(InForce(id="f", places=("tunnel",), action="refuse", hop="north"))

    assert faults.acting("tunnel", endpoint="e", name="n", hop="north")
    assert not faults.acting("tunnel", endpoint="e", name="n", hop="south")
    assert not faults.acting("inspecting", endpoint="e", name="n", hop="north")


def test_what_has_ended_does_not_act():
    faults = Faults()
    faults.begin(_in_force())

    assert faults.end("f") is not None
    assert faults.end("f") is None
    assert not faults.acting("dns", endpoint="e", name="n")


def _draws(seed: int, names: list[str]) -> list[bool]:
    faults = Faults()
    faults.begin(_in_force(share=0.5, seed=seed))
    return [bool(faults.acting("dns", endpoint="e", name=name)) for name in names]


def test_a_share_is_drawn_for_each_connection_and_the_same_from_the_same_seed():
    drawn = _draws(1, ["n"] * 200)

    assert 60 < sum(drawn) < 140
    assert drawn == _draws(1, ["n"] * 200)
    assert drawn != _draws(2, ["n"] * 200)


def test_what_other_names_do_changes_no_draw():
    assert _draws(1, ["n"] * 20) == _draws(1, ["n", "other"] * 20)[::2]
