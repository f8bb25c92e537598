"""The control API of a real lab: what it answers to right, wrong and hostile callers."""

import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import msgspec
import pytest
import urllib3

from mdelab.lab.client import LabClient
from mdelab.lab.launch import launch
from mdelab.lab.wire import EndpointChange, Problem, TenantSpec
from mdelab.model.device import DeviceSpec
from mdelab.model.errors import LabError
from mdelab.model.tenant import HopPolicy


@pytest.fixture(scope="module")
def lab() -> Iterator[LabClient]:
    with launch() as client:
        yield client
        client.close()


def _raw(lab: LabClient, method: str, path: str, body: bytes = b"", token: str | None = None) -> tuple[int, Problem]:
    headers = {"Authorization": f"Bearer {lab.token if token is None else token}"}
    with urllib3.PoolManager(retries=False) as pool:
        response = pool.request(method, lab.address + path, body=body, headers=headers)
        return response.status, msgspec.json.decode(response.data, type=Problem)


@pytest.mark.parametrize("token", ["", "wrong"])
def test_a_call_without_the_labs_token_is_refused(lab: LabClient, token: str) -> None:
    status, problem = _raw(lab, "GET", "/v1/lab", token=token)
    assert (status, problem.code) == (401, "unauthorized")


def test_a_call_that_does_not_exist_leads_to_the_description(lab: LabClient) -> None:
    status, problem = _raw(lab, "GET", "/v1/nothing")
    assert (status, problem.code) == (404, "unknown-call")
    assert "/openapi.json" in problem.message


@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"[]", b'{"nmae": "x"}', b'{"clock": "hourglass"}'])
def test_a_body_that_does_not_fit_is_told_why(lab: LabClient, body: bytes) -> None:
    status, problem = _raw(lab, "POST", "/v1/tenants", body)
    assert (status, problem.code) == (400, "bad-request")
    assert "does not fit POST /v1/tenants" in problem.message


def test_an_oversized_body_is_refused_and_the_lab_goes_on(lab: LabClient) -> None:
    status, problem = _raw(lab, "POST", "/v1/tenants", b"x" * (17 * 1024 * 1024))
    assert (status, problem.code) == (413, "too-large")
    assert lab.info().id


def test_garbage_on_the_port_does_not_disturb_the_lab(lab: LabClient) -> None:
    parts = urlsplit(lab.address)
    with socket.create_connection((parts.hostname, parts.port), timeout=10) as garbage:
        garbage.sendall(b"\x16\x03\x01\x02\x00garbage\r\n\r\n")
        garbage.settimeout(10)
        while garbage.recv(4096):
            pass
    assert lab.tenants()


def test_an_unknown_endpoint_lists_the_known_ones(lab: LabClient) -> None:
    tenant = lab.create_tenant(TenantSpec(name="known"))
    tenant.add_endpoint(DeviceSpec(name="lin-1"))
    tenant.add_endpoint(DeviceSpec(name="lin-2"))
    with pytest.raises(LabError, match=r"there is no endpoint 'lin-3'. Known: 'lin-1', 'lin-2'\."):
        tenant.exec("lin-3", ["mdatp", "health"])
    tenant.delete()


def test_an_unknown_tenant_and_an_unknown_hop_are_named(lab: LabClient) -> None:
    with pytest.raises(LabError, match=r"there is no tenant 'fabrikam'. Known: .*'contoso'"):
        lab.tenant("fabrikam")
    with pytest.raises(LabError, match=r"there is no hop 'moon-proxy'. Known: none yet"):
        lab.tenant().add_endpoint(DeviceSpec(name="lin-9", proxy="moon-proxy"))


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        (DeviceSpec(name="Lin 1"), "is not a host name"),
        (DeviceSpec(name="lin-1", disk_free_mb=-5), "cannot be negative"),
    ],
)
def test_a_device_that_cannot_exist_is_refused(lab: LabClient, spec: DeviceSpec, says: str) -> None:
    with pytest.raises(LabError, match=says):
        lab.tenant().add_endpoint(spec)


def test_names_are_taken_once(lab: LabClient) -> None:
    tenant = lab.create_tenant(TenantSpec(name="twins"))
    tenant.add_endpoint(DeviceSpec(name="lin-1"))
    with pytest.raises(LabError, match="has an endpoint 'lin-1' already"):
        tenant.add_endpoint(DeviceSpec(name="lin-1"))
    with pytest.raises(LabError, match="a tenant called 'twins' exists already"):
        lab.create_tenant(TenantSpec(name="twins"))
    tenant.delete()


def test_a_clock_goes_forward_only(lab: LabClient) -> None:
    tenant = lab.create_tenant(TenantSpec(name="time"))
    before = tenant.clock().now
    assert (tenant.move(seconds=60).now - before).total_seconds() == 60
    with pytest.raises(LabError, match="it cannot go back"):
        tenant.move(until=before)
    with pytest.raises(LabError, match="Give exactly one of the two"):
        tenant.move()
    with pytest.raises(LabError, match="further than a calendar goes"):
        tenant.move(seconds=1e18)
    tenant.delete()


def test_more_hops_than_listeners_are_refused(lab: LabClient) -> None:
    tenant = lab.create_tenant(TenantSpec(name="hops"))
    for number in range(4):
        tenant.put_hop(HopPolicy(name=f"proxy-{number}", kind="tunnel"))
    assert [hop.slot for hop in tenant.hops()] == [0, 1, 2, 3]
    with pytest.raises(LabError, match="has 4 tunnel hops already"):
        tenant.put_hop(HopPolicy(name="proxy-5", kind="tunnel"))
    tenant.delete()


def test_files_of_a_device_are_written_read_and_removed(lab: LabClient) -> None:
    tenant = lab.create_tenant(TenantSpec(name="files"))
    tenant.add_endpoint(DeviceSpec(name="lin-1"))
    tenant.write_file("lin-1", "/tmp/note.txt", "hello", mode=0o600)
    content = tenant.read_file("lin-1", "/tmp/note.txt")
    assert (content.text, content.mode) == ("hello", 0o600)
    tenant.remove_file("lin-1", "/tmp/note.txt")
    with pytest.raises(LabError, match=r"there is no file '/tmp/note.txt'"):
        tenant.read_file("lin-1", "/tmp/note.txt")
    tenant.delete()


def test_a_path_cannot_leave_the_device(lab: LabClient) -> None:
    tenant = lab.create_tenant(TenantSpec(name="prison"))
    tenant.add_endpoint(DeviceSpec(name="lin-1"))
    with pytest.raises(LabError):
        tenant.read_file("lin-1", "/../../../../../../etc/passwd")
    tenant.delete()


@pytest.mark.parametrize(
    ("policy", "said"),
    [
        (HopPolicy(name="gateway", kind="tunnel"), "evidence has an observer of that name"),
        (HopPolicy(name="Corp Proxy", kind="tunnel"), "devices find a hop by its name"),
        (HopPolicy(name="corp-proxy", kind="tunnel", ports=(8888, 70_000)), "the port 70000"),
    ],
)
def test_a_hop_that_cannot_be_is_refused(lab: LabClient, policy: HopPolicy, said: str) -> None:
    tenant = lab.create_tenant(TenantSpec())
    with pytest.raises(LabError, match=said):
        tenant.put_hop(policy)
    assert not tenant.hops()


def test_the_name_of_a_removed_endpoint_is_free_again(lab: LabClient) -> None:
    tenant = lab.create_tenant(TenantSpec())
    tenant.add_endpoint(DeviceSpec(name="lin-1"))
    tenant.write_file("lin-1", "/tmp/left", "behind")
    tenant.remove_endpoint("lin-1")
    tenant.add_endpoint(DeviceSpec(name="lin-1"))
    assert "/tmp/left" not in tenant.files("lin-1")


def test_the_name_of_an_endpoint_that_could_not_be_made_is_free_again(lab: LabClient) -> None:
    tenant = lab.create_tenant(TenantSpec())
    for _ in range(2):
        with pytest.raises(LabError, match="plan9"):
            tenant.add_endpoint(DeviceSpec(name="lin-1", distribution="plan9"))
    tenant.add_endpoint(DeviceSpec(name="lin-1"))


def test_a_change_of_an_endpoint_is_seen_in_it(lab: LabClient) -> None:
    tenant = lab.create_tenant(TenantSpec(name="changes"))
    tenant.put_hop(HopPolicy(name="corp-proxy", kind="tunnel"))
    tenant.add_endpoint(DeviceSpec(name="lin-1"))
    tenant.change_endpoint("lin-1", EndpointChange(proxy="corp-proxy"))
    assert "HTTPS_PROXY" in (tenant.read_file("lin-1", "/etc/environment").text or "")
    tenant.delete()


def test_the_description_lists_every_call_once(lab: LabClient) -> None:
    with urllib3.PoolManager(retries=False) as pool:
        document = pool.request("GET", lab.address + "/openapi.json").json()
    assert document["openapi"] == "3.1.0"
    assert "/v1/tenants/{tenant}/endpoints/{endpoint}/exec" in document["paths"]
    assert all("default" in call["responses"] for path in document["paths"].values() for call in path.values())


def test_the_same_scenario_twice_on_one_lab_gets_tenants_of_their_own(lab: LabClient) -> None:
    first = lab.create_tenant(TenantSpec(name="run", scenario="same"))
    first_org = first.info().org_id
    first.delete()
    again = lab.create_tenant(TenantSpec(name="run", scenario="same"))
    assert again.info().org_id == first_org, "the same scenario has the same ids in every run"
    twin = lab.create_tenant(TenantSpec(name="twin", scenario="same"))
    assert twin.id != again.id
    again.delete()
    twin.delete()
