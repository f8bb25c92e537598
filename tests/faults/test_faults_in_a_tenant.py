"""Faults over the control API: when they begin and end, whom they take, and what is told to who asks for the impossible."""

from collections.abc import Iterator

import pytest

from mdelab.lab.client import LabClient, TenantClient
from mdelab.lab.wire import TenantSpec
from mdelab.model.device import DeviceSpec
from mdelab.model.errors import LabError
from mdelab.model.fault import Fault
from mdelab.model.platform import Platform
from mdelab.model.tenant import HopPolicy

URL = "https://x.cp.wd.microsoft.com/api/report"


@pytest.fixture
def tenant(lab: LabClient) -> Iterator[TenantClient]:
    made = lab.create_tenant(TenantSpec(scenario="faults in a tenant"))
    made.add_endpoint(DeviceSpec(name="lin-1"))
    yield made
    made.delete()


def _curl(tenant: TenantClient, endpoint: str = "lin-1") -> int:
    return tenant.exec(endpoint, ["curl", "-sS", URL]).exit_code


def test_a_fault_begins_and_ends_in_the_tenant_s_time(tenant: TenantClient) -> None:
    tenant.put_fault(Fault(kind="dns-nxdomain", after_s=60, for_s=600))
    assert _curl(tenant) == 0
    tenant.move(seconds=60)
    assert _curl(tenant) == 6
    tenant.move(seconds=600)
    assert _curl(tenant) == 0
    assert tenant.faults() == []


def test_a_fault_that_is_taken_back_never_begins(tenant: TenantClient) -> None:
    tenant.put_fault(Fault(kind="dns-nxdomain", after_s=60))
    tenant.remove_fault("dns-nxdomain")
    tenant.move(seconds=120)
    assert _curl(tenant) == 0


def test_a_fault_of_the_same_id_makes_room(tenant: TenantClient) -> None:
    tenant.put_fault(Fault(id="dns", kind="dns-nxdomain"))
    tenant.put_fault(Fault(id="dns", kind="dns-nxdomain", names=("go.microsoft.com",)))
    assert [fault.names for fault in tenant.faults()] == [("go.microsoft.com",)]
    assert _curl(tenant) == 0


def test_a_fault_takes_the_endpoints_that_it_names_and_no_other_tenant_s(lab: LabClient, tenant: TenantClient) -> None:
    tenant.add_endpoint(DeviceSpec(name="lin-2"))
    tenant.put_fault(Fault(kind="tcp-refused", endpoints=("lin-2",)))
    other = lab.create_tenant(TenantSpec(scenario="somebody else"))
    other.add_endpoint(DeviceSpec(name="lin-2"))
    assert (_curl(tenant), _curl(tenant, "lin-2"), _curl(other, "lin-2")) == (0, 7, 0)
    other.delete()


def test_a_share_of_the_connections_is_taken_the_same_way_in_every_run(lab: LabClient) -> None:
    drawn = []
    for _ in range(2):
        tenant = lab.create_tenant(TenantSpec(scenario="a share"))
        tenant.add_endpoint(DeviceSpec(name="lin-1"))
        tenant.put_fault(Fault(kind="dns-nxdomain", share=0.5))
        drawn.append([_curl(tenant) for _ in range(8)])
        tenant.delete()
    assert drawn[0] == drawn[1]
    assert set(drawn[0]) == {0, 6}


def test_a_device_that_comes_later_has_the_fault_too(tenant: TenantClient) -> None:
    tenant.put_fault(Fault(kind="tls-clock-skew-client"))
    tenant.add_endpoint(DeviceSpec(name="lin-2"))
    assert tenant.endpoint("lin-2").spec.clock_skew_s == 864000
    tenant.remove_fault("tls-clock-skew-client")
    assert {one.spec.clock_skew_s for one in tenant.endpoints()} == {0}


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        (Fault(kind="dns-nxdomian"), "Nearest: dns-nxdomain"),
        (Fault(kind="dns-nxdomain", hop="moon-proxy"), "there is no hop 'moon-proxy'. Known: 'corp-proxy'"),
        (Fault(kind="tls-intercepted", hop="corp-proxy"), "which is tunnel: its places are inspecting"),
        (Fault(kind="dns-nxdomain", endpoints=("lin-9",)), "there is no endpoint 'lin-9'"),
        (Fault(kind="dns-nxdomain", after_s=-5), "after_s = -5: a time is 0 s or more"),
        (Fault(kind="dns-nxdomain", parameters={"rcode": "SERVFAIL"}), "has no parameter 'rcode'. It has: none"),
        (Fault(kind="tls-clock-skew-client", parameters={"skew_s": 1e12}), "must be between -3.1536e"),
        (Fault(kind="device-suspended", endpoints=("lin-1",)), "Start the lab with --backend docker"),
        (Fault(kind="client-killed", parameters={"signal": 15}), "must be one of 6, 9, 11"),
        (Fault(kind="wpad-user-not-system", endpoints=("lin-1",)), "does not happen on linux"),
    ],
)
def test_what_cannot_be_is_told_why_and_changes_nothing(tenant: TenantClient, fault: Fault, says: str) -> None:
    tenant.put_hop(HopPolicy(name="corp-proxy", kind="tunnel"))
    with pytest.raises(LabError, match=says):
        tenant.put_fault(fault)
    assert tenant.faults() == []
    with pytest.raises(LabError, match="there is no fault 'no-such'"):
        tenant.remove_fault("no-such")


def test_the_connectivity_test_runs_out_of_the_tenant_s_time_in_a_black_hole(tenant: TenantClient) -> None:
    tenant.put_fault(Fault(kind="tcp-blackhole-syn"))
    before = tenant.clock().now
    said = tenant.exec("lin-1", ["mdatp", "connectivity", "test"])
    lines = [line for line in said.stdout.splitlines() if line.startswith("Testing connection")]
    assert said.exit_code != 0
    assert "28" in said.stdout
    assert (tenant.clock().now - before).total_seconds() == 30 * len(lines)
    assert tenant.endpoint("lin-1").platform is Platform.LINUX
