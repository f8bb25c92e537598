"""The people of a tenant and its devices' names: the same seed has the same ones, in whatever order they are drawn."""

from mdelab.lab.people import device_name, owner_account, person
from mdelab.model.clock import Clock
from mdelab.model.platform import Platform
from mdelab.model.tenant import Tenant, new_tenant


def _tenant(seed: int = 7, name: str = "contoso") -> Tenant:
    return new_tenant(name=name, scenario="s", seed=seed, clock=Clock())


def test_the_same_seed_has_the_same_people() -> None:
    account = owner_account(_tenant(), "mac-1")
    assert account == owner_account(_tenant(), "mac-1")
    assert person(_tenant(), account) == person(_tenant(), account)
    assert account != owner_account(_tenant(seed=8), "mac-1")


def test_the_order_in_which_devices_are_made_changes_nothing() -> None:
    forwards, backwards = _tenant(), _tenant()
    devices = ["mac-1", "win-1", "lin-1"]
    assert {one: owner_account(forwards, one) for one in devices} == {
        one: owner_account(backwards, one) for one in reversed(devices)
    }


def test_a_person_has_the_name_and_the_mail_address_of_the_account() -> None:
    kim = person(_tenant(), "kim.novak")
    assert (kim.name, kim.mail) == ("Kim Novak", "kim.novak@contoso.example")
    assert kim.address
    assert "\n" not in kim.address


def test_a_tenant_whose_name_is_no_domain_has_mail_addresses_all_the_same() -> None:
    assert person(_tenant(name="features/a.feature::b"), "kim").mail == "kim@tenant.example"


def test_devices_without_a_name_get_host_names_of_their_own() -> None:
    taken: list[str] = []
    for _ in range(20):
        taken.append(device_name(_tenant(), Platform.MACOS, taken))
    assert len(set(taken)) == 20
    assert all(name.startswith("mac-") for name in taken)
