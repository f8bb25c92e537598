"""The evidence store says whose a record is."""

from mdelab.lab.evidence import EvidenceStore
from mdelab.model.clock import EPOCH, Clock
from mdelab.model.evidence import Evidence, Purpose
from mdelab.model.tenant import Directory, Tenant, new_tenant

ENDPOINT = ("127.64.0.1", 40001)
HOP = ("127.33.0.80", 8080)
CLOUD = ("127.33.0.1", 443)


def _lab(*, keeps: str = "all") -> tuple[EvidenceStore, Tenant]:
    directory = Directory()
    tenant = new_tenant(
        name="t", scenario="t", seed=1, clock=Clock(), evidence="failures" if keeps == "failures" else "all"
    )
    directory.add(tenant)
    directory.bind("127.64.0.1", tenant, "lin-1")
    return EvidenceStore(directory), tenant


def test_records_of_agent_hop_and_cloud_become_one_connection() -> None:
    store, tenant = _lab()
    onward = ("127.64.0.1", 50001)
    store.record(Evidence(observer="agent", step="tcp", local=ENDPOINT, peer=HOP, purpose=Purpose.AGENT, name="h"))
    store.record(Evidence(observer="corp-proxy", step="tunnel", local=HOP, peer=ENDPOINT, onward=(onward, CLOUD)))
    store.record(Evidence(observer="cloud", step="tls", local=CLOUD, peer=onward))
    (connection,) = store.connections(tenant.id)
    assert connection.observers == ["agent", "corp-proxy", "cloud"]
    assert connection.endpoint == "lin-1"
    assert connection.records[0].at == EPOCH


def test_records_are_told_apart_by_endpoint_and_by_age() -> None:
    store, tenant = _lab()
    store.record(Evidence(observer="dns", step="dns", address="127.64.0.1", name="a"))
    store.record(Evidence(observer="dns", step="dns", address="127.64.0.1", name="b"))
    first, second = store.of(tenant.id, endpoint="lin-1")
    assert store.of(tenant.id, endpoint="lin-2") == []
    assert store.of(tenant.id, after=first.id) == [second]


def test_a_fleets_tenant_keeps_failures_only() -> None:
    store, tenant = _lab(keeps="failures")
    store.record(Evidence(observer="agent", step="tcp", local=ENDPOINT, peer=CLOUD, purpose=Purpose.AGENT))
    store.record(
        Evidence(observer="agent", step="tcp", local=ENDPOINT, peer=CLOUD, purpose=Purpose.AGENT, error="refused")
    )
    assert [record.error for record in store.of(tenant.id)] == ["refused"]
