"""The directory: who calls from an address, and what a tenant's end takes with it."""

from mdelab.model.clock import Clock
from mdelab.model.tenant import Directory, HopPolicy, Tenant, new_tenant


def _tenant(name: str = "contoso") -> Tenant:
    return new_tenant(name=name, scenario=name, seed=1, clock=Clock())


def test_a_bound_address_tells_tenant_and_endpoint():
    directory, tenant = Directory(), _tenant()
    directory.add(tenant)
    directory.bind("127.1.0.1", tenant, "lin-1")

    caller = directory.caller("127.1.0.1")

    assert caller is not None
    assert (caller.tenant, caller.endpoint) == (tenant, "lin-1")


def test_an_address_that_nobody_has_belongs_to_no_endpoint():
    assert Directory().caller("127.0.0.1") is None


def test_a_released_address_is_forgotten_and_may_be_released_again():
    directory, tenant = Directory(), _tenant()
    directory.bind("127.1.0.1", tenant, "lin-1")
    directory.release("127.1.0.1")
    directory.release("127.1.0.1")

    assert directory.caller("127.1.0.1") is None


def test_a_removed_tenant_takes_its_addresses_with_it_and_leaves_the_others():
    directory, one, other = Directory(), _tenant("one"), _tenant("other")
    for tenant, address in ((one, "127.1.0.1"), (other, "127.1.0.2")):
        directory.add(tenant)
        directory.bind(address, tenant, "lin-1")

    directory.remove(one)

    assert directory.caller("127.1.0.1") is None
    assert directory.caller("127.1.0.2") is not None
    assert directory.tenant(one.id) is None
    assert directory.tenants() == [other]


def test_two_tenants_may_call_their_endpoints_and_hops_alike():
    one, other = _tenant("one"), _tenant("other")
    one.hops["corp-proxy"] = HopPolicy(name="corp-proxy", kind="tunnel")
    other.hops["corp-proxy"] = HopPolicy(name="corp-proxy", kind="inspecting")

    assert one.hop_at("tunnel", 0) == one.hops["corp-proxy"]
    assert other.hop_at("tunnel", 0) is None
    assert other.hop_at("inspecting", 0) == other.hops["corp-proxy"]


def test_hops_of_one_kind_are_told_apart_by_their_slot():
    tenant = _tenant()
    tenant.hops["first"] = HopPolicy(name="first", kind="tunnel", slot=0)
    tenant.hops["second"] = HopPolicy(name="second", kind="tunnel", slot=1)

    assert tenant.hop_at("tunnel", 1) == tenant.hops["second"]
    assert tenant.hop_at("tunnel", 2) is None
