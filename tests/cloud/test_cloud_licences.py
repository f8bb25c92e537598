"""What customers are entitled to, and which devices of a user are within the licence."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdelab.catalogue.licences import TRIAL, devices_per_user, entitlement, offers, products, right_of
from mdelab.cloud.licence import Licences, LicenceState
from mdelab.model.clock import EPOCH
from mdelab.model.errors import LabError
from mdelab.model.licence import Channel, Feature, Grant, Right, Subscription, Use, devices_of
from mdelab.model.licence import entitlement as add_up

P1 = "Microsoft Defender for Endpoint Plan 1"
P2 = "Microsoft Defender for Endpoint Plan 2"
LISTED = [
    "Microsoft 365 E5",
    "Microsoft 365 E5 Security",
    "Microsoft 365 A5",
    "Windows 10 Enterprise E5",
    "Microsoft 365 Business Premium",
    "Windows 11 Enterprise E5",
    "Microsoft Defender for Endpoint P2",
    "Microsoft Defender for Endpoint P1",
]
"""Seed 002 lines 91 to 98."""


@pytest.mark.parametrize(
    "name",
    ["Microsoft Defender XDR", P1, P2, "Microsoft Defender for Business", "Microsoft Defender for Individuals"],
)
def test_the_mac_client_belongs_to_the_five_products(name: str) -> None:
    assert products()[name].has_mac_client
    assert sum(product.has_mac_client for product in products().values()) == 5


@pytest.mark.parametrize("offer", LISTED)
def test_any_one_of_the_listed_offers_licenses_the_mac_client(offer: str) -> None:
    assert entitlement([offer]).licenses_mac


@pytest.mark.parametrize("bought", [[], ["Office 365 E3"], ["Microsoft Defender for Servers Plan 2"]])
def test_volume_licensing_without_a_listed_offer_does_not_license_the_mac_client(bought: list[str]) -> None:
    assert not entitlement(bought, Channel.VOLUME_LICENSING).licenses_mac


@pytest.mark.parametrize("bought", [[], ["Office 365 E3"]])
def test_a_csp_customer_needs_none_of_the_offers(bought: list[str]) -> None:
    owned = entitlement(bought, Channel.CSP)
    assert owned.is_subscribed
    assert owned.licenses_mac
    assert [grant.source for grant in owned.grants] == ["csp"]


@pytest.mark.parametrize(
    ("offer", "product", "other"),
    [("Microsoft 365 E5", P2, P1), ("Microsoft 365 E5 Security", P2, P1), ("Microsoft 365 E3", P1, P2)],
)
def test_an_offer_includes_its_plan_and_not_the_other(offer: str, product: str, other: str) -> None:
    owned = entitlement([offer])
    assert owned.includes(product)
    assert not owned.includes(other)


def test_the_free_trial_gives_plan_2_and_with_it_the_mac_client() -> None:
    assert not entitlement([]).is_subscribed
    owned = entitlement([], is_trial=True)
    assert [(grant.source, grant.product.name) for grant in owned.grants] == [(TRIAL, P2)]
    assert owned.licenses_mac


def test_the_plans_cover_clients_and_no_servers() -> None:
    for offer in (*LISTED, "Microsoft 365 E3"):
        assert entitlement([offer]).covers(Right.CLIENT)
        assert not entitlement([offer]).covers(Right.SERVER)
    assert entitlement(["Microsoft Defender for Servers Plan 1"]).covers(Right.SERVER)


def test_an_unknown_offer_is_refused_with_the_known_ones() -> None:
    with pytest.raises(LabError, match="'Microsoft 365 E9' is not one of Microsoft 365 E5, "):
        entitlement(["Microsoft 365 E5", "Microsoft 365 E9"])


def test_every_row_names_products_that_are_there() -> None:
    assert {name for row in offers().values() for name in row.products} <= set(products())


@given(st.lists(st.sampled_from(LISTED), max_size=4), st.sampled_from(LISTED))
def test_buying_more_never_takes_anything_away(bought: list[str], more: str) -> None:
    before, after = entitlement(bought), entitlement([*bought, more])
    assert set(before.grants) <= set(after.grants)
    assert len({grant.product for grant in after.grants}) == len(after.grants)


def test_a_product_that_comes_twice_is_named_with_its_first_source() -> None:
    both = add_up(Grant(source=source, product=products()[P2]) for source in ("first", "second"))
    assert [grant.source for grant in both.grants] == ["first"]


# Devices of a user


def _use(number: int, user: str = "ann") -> Use:
    return Use(user=user, device=f"mac-{number}", since=EPOCH + timedelta(hours=number))


def test_five_devices_of_a_user_are_within_the_licence_and_the_sixth_is_beyond() -> None:
    assert devices_per_user() == 5
    five = devices_of("ann", [_use(number) for number in range(1, 6)], most=devices_per_user())
    assert (len(five.within), five.beyond) == (5, ())
    six = devices_of("ann", [_use(number) for number in range(6, 0, -1)], most=devices_per_user())
    assert (six.within, six.beyond) == (tuple(f"mac-{number}" for number in range(1, 6)), ("mac-6",))


def test_devices_of_others_do_not_count() -> None:
    uses = [*(_use(number, "bob") for number in range(1, 6)), _use(6)]
    assert devices_of("ann", uses, most=5).within == ("mac-6",)


@given(st.lists(st.tuples(st.integers(0, 9), st.sampled_from(["ann", "bob"])), max_size=20), st.integers(0, 6))
def test_every_device_is_either_within_or_beyond_and_never_more_than_allowed(
    drawn: list[tuple[int, str]], most: int
) -> None:
    uses = [_use(number, user) for number, user in drawn]
    found = devices_of("ann", uses, most=most)
    assert sorted([*found.within, *found.beyond]) == sorted({use.device for use in uses if use.user == "ann"})
    assert len(found.within) <= most
    assert not found.beyond or len(found.within) == most


# One tenant's licences


def _licences(*offers: str, channel: Channel = Channel.VOLUME_LICENSING, trial: bool = False) -> Licences:
    return Licences(Subscription(offers=offers, purchase=channel, trial=trial), EPOCH)


def _mac(licences: Licences, number: int, user: str = "ann") -> LicenceState:
    use = _use(number, user)
    licences.use(user, use.device, use.since)
    return licences.state(use.device, right_of("macOS"), EPOCH)


def _state(licences: Licences, device: str) -> LicenceState:
    return licences.state(device, Right.CLIENT, EPOCH)


def test_the_sixth_device_is_beyond_the_licence_until_another_is_given_up() -> None:
    licences = _licences("Microsoft 365 E5")
    assert [_mac(licences, number) for number in range(1, 7)] == [LicenceState.LICENSED] * 5 + [LicenceState.BEYOND]
    licences.release("mac-2")
    assert _state(licences, "mac-6") is LicenceState.LICENSED
    assert _mac(licences, 7) is LicenceState.BEYOND


def test_a_device_that_is_handed_on_counts_for_its_new_user() -> None:
    licences = _licences("Microsoft 365 E5")
    for number in range(1, 7):
        _mac(licences, number)
    licences.use("bob", "mac-1", EPOCH + timedelta(days=1))
    assert licences.devices_of("bob").within == ("mac-1",)
    assert _state(licences, "mac-6") is LicenceState.LICENSED


def test_using_a_device_again_does_not_make_it_a_later_one() -> None:
    licences = _licences("Microsoft 365 E5")
    for number in range(1, 7):
        _mac(licences, number)
    licences.use("ann", "mac-1", EPOCH + timedelta(days=1))
    assert licences.devices_of("ann").beyond == ("mac-6",)


def test_a_user_whose_licence_was_withdrawn_does_not_license_a_device() -> None:
    licences = _licences("Microsoft 365 E5")
    assert _mac(licences, 1) is LicenceState.LICENSED
    licences.withdraw("ann")
    assert _state(licences, "mac-1") is LicenceState.NO_USER
    assert _state(licences, "mac-2") is LicenceState.NO_USER
    licences.assign("ann")
    assert _state(licences, "mac-1") is LicenceState.LICENSED


def test_a_device_of_nobody_has_no_licensed_user() -> None:
    assert _mac(_licences("Microsoft 365 E5"), 1, user="") is LicenceState.NO_USER


def test_servers_need_a_server_product_and_no_user() -> None:
    ubuntu, windows_server = right_of("Ubuntu"), right_of("WindowsServer2022")
    assert ubuntu is windows_server is Right.SERVER
    assert _licences("Microsoft 365 E5").state("lin-1", ubuntu, EPOCH) is LicenceState.NO_SUBSCRIPTION
    licences = _licences("Microsoft Defender for Servers Plan 2")
    assert licences.state("lin-1", ubuntu, EPOCH) is LicenceState.LICENSED
    assert _mac(licences, 1) is LicenceState.NO_SUBSCRIPTION


def test_windows_clients_need_a_client_product() -> None:
    assert right_of("Windows11") is Right.CLIENT


def test_without_a_subscription_the_portal_hands_out_no_package() -> None:
    with pytest.raises(LabError, match="'contoso' hands out no packages: the tenant has no Defender for Endpoint"):
        _licences("Office 365 E3").check_download("contoso", EPOCH)
    _licences(trial=True).check_download("contoso", EPOCH)
    _licences(channel=Channel.CSP).check_download("contoso", EPOCH)


def test_a_trial_counts_until_its_last_moment() -> None:
    licences = _licences(trial=True)
    end = EPOCH + timedelta(days=90)
    assert licences.trial_ends == end
    assert licences.covers(Right.CLIENT, end - timedelta(seconds=1))
    assert not licences.covers(Right.CLIENT, end)
    with pytest.raises(LabError, match="free trial ended on"):
        licences.check_download("contoso", end)


def test_a_subscription_that_cannot_be_bought_changes_nothing() -> None:
    licences = _licences("Microsoft 365 E5")
    with pytest.raises(LabError, match="'Microsoft 365 E9'"):
        licences.subscribe(Subscription(offers=("Microsoft 365 E9",), trial=True), EPOCH)
    assert licences.subscription.offers == ("Microsoft 365 E5",)
    assert licences.trial_ends is None


@pytest.mark.parametrize(("offer", "has_edr"), [("Microsoft 365 E3", False), ("Microsoft 365 E5", True)])
def test_plan_1_has_the_antivirus_and_no_edr(offer: str, has_edr: bool) -> None:
    licences = _licences(offer)
    assert licences.has(Feature.ANTIVIRUS, Right.CLIENT, EPOCH)
    assert licences.has(Feature.EDR, Right.CLIENT, EPOCH) is has_edr
