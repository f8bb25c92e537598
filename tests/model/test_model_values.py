"""Small values: names, zone, basis, device specs."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdelab.model.basis import Basis, weakest
from mdelab.model.device import DeviceSpec
from mdelab.model.errors import LabError, PeerError
from mdelab.model.names import matches
from mdelab.model.zone import Zone

_LABELS = st.lists(st.text(alphabet="abcxyz0", min_size=1, max_size=4), min_size=1, max_size=4)


@pytest.mark.parametrize(
    ("pattern", "host", "fits"),
    [
        ("x.cp.wd.microsoft.com", "X.CP.wd.microsoft.com.", True),
        ("*.wd.microsoft.com", "x.cp.wd.microsoft.com", True),
        ("*.wd.microsoft.com", "wd.microsoft.com", False),
        ("*.wd.microsoft.com", "evilwd.microsoft.com", False),
        ("wd.microsoft.com", "x.wd.microsoft.com", False),
        ("*", "anything", True),
        ("*", "", True),
    ],
)
def test_a_pattern_fits_its_own_names_only(pattern, host, fits):
    assert matches(pattern, host) is fits


@given(_LABELS, _LABELS)
def test_a_wildcard_fits_at_every_depth_and_never_itself(above, below):
    suffix = ".".join(below)

    assert matches(f"*.{suffix}", ".".join([*above, *below]))
    assert not matches(f"*.{suffix}", suffix)


def test_a_zone_knows_its_own_names_and_leads_to_the_bound_port():
    zone = Zone(lambda host: host.endswith("microsoft.com"), "10.0.0.9", {("10.0.0.9", 443): ("127.0.0.1", 40443)})

    assert zone.resolve("x.cp.wd.microsoft.com") == "10.0.0.9"
    assert zone.resolve("example.org") is None
    assert zone.dial(("10.0.0.9", 443)) == ("127.0.0.1", 40443)
    assert zone.dial(("10.0.0.9", 80)) == ("10.0.0.9", 80)


def test_a_zone_does_not_change_with_the_table_that_it_was_made_from():
    ports = {("10.0.0.9", 443): ("127.0.0.1", 1)}
    zone = Zone(lambda _: True, "10.0.0.9", ports)
    ports.clear()

    assert zone.dial(("10.0.0.9", 443)) == ("127.0.0.1", 1)


@given(st.lists(st.sampled_from(Basis), min_size=1))
def test_the_weakest_basis_is_one_of_those_given_and_none_is_weaker(bases):
    order = list(Basis)

    assert order.index(weakest(bases)) == max(order.index(basis) for basis in bases)


def test_without_any_basis_nothing_is_weak():
    assert weakest([]) is Basis.SEED


@pytest.mark.parametrize("name", ["lin-1", "a", "0", "a" * 63])
def test_host_names_are_accepted(name):
    DeviceSpec(name=name).check()


@pytest.mark.parametrize("name", ["-a", "a-", "Lin-1", "lin_1", "a.b", "a" * 64, "ä", "lin-1\n"])
def test_what_is_no_host_name_is_refused_with_an_example(name):
    with pytest.raises(LabError, match="such as 'lin-1'"):
        DeviceSpec(name=name).check()


@pytest.mark.parametrize("field", ["cores", "memory_mb", "disk_free_mb"])
def test_a_negative_size_is_refused_by_the_name_of_its_field(field):
    with pytest.raises(LabError, match=field):
        msgspec.convert({"name": "lin-1", field: -1}, DeviceSpec).check()


def test_an_unknown_field_of_a_device_is_a_mistake():
    with pytest.raises(msgspec.ValidationError, match="memroy_mb"):
        msgspec.convert({"name": "lin-1", "memroy_mb": 1}, DeviceSpec)


def test_a_peer_error_keeps_the_bytes():
    assert PeerError("not TLS", b"\x00").evidence == b"\x00"
