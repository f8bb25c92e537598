"""What the lab itself costs: to be ready, an endpoint's memory, twelve quiet hours of five endpoints."""

import time

from benchmarks.measure import Figure, cpu_s, rss_bytes, with_children
from mdelab.lab.client import TenantClient
from mdelab.lab.launch import launch
from mdelab.lab.wire import PackageOrder, TenantSpec
from mdelab.model.device import DeviceSpec

_ONBOARDING_FILE = "/etc/opt/microsoft/mdatp/mdatp_onboard.json"
_ENDPOINTS = 100
_HOURS = 12
_DEVICES = 5


def ready(rounds: int) -> list[Figure]:
    """From the call to the first answer of the control API, with warm file caches."""
    with launch():
        pass  # warms the caches
    wall: list[float] = []
    cpu: list[float] = []
    for _ in range(rounds):
        began = time.perf_counter()
        with launch() as client:
            pid = client.info().pid
            wall.append(time.perf_counter() - began)
            cpu.append(cpu_s(with_children(pid)))
    return [
        Figure(name="embedded lab ready, wall", unit="s", rounds=wall, limit=2.0, note="never gated: wall time"),
        Figure(name="embedded lab ready, CPU", unit="s", rounds=cpu),
    ]


def twelve_hours(rounds: int) -> list[Figure]:
    """Five onboarded endpoints live twelve simulated hours: polls, heartbeats, definitions, all over TLS."""
    cpu: list[float] = []
    events = 0
    with launch() as client:
        for turn in range(rounds):
            tenant = client.create_tenant(TenantSpec(name=f"hours-{turn}"))
            onboard(tenant, _DEVICES)
            pids = with_children(client.info().pid)
            before = cpu_s(pids)
            tenant.move(seconds=_HOURS * 3600)
            cpu.append(cpu_s(pids) - before)
            events = tenant.accounting().stored
            tenant.delete()
    return [
        Figure(
            name="twelve simulated hours, five endpoints, CPU",
            unit="s",
            rounds=cpu,
            limit=1.0,
            note=f"{events} events stored",
        )
    ]


def endpoint_memory(rounds: int) -> list[Figure]:
    """What the lab's process grows by for each embedded, onboarded endpoint."""
    kib: list[float] = []
    with launch() as client:
        warm = client.create_tenant(TenantSpec(name="warm"))
        onboard(warm, 1)
        for turn in range(rounds):
            tenant = client.create_tenant(TenantSpec(name=f"memory-{turn}"))
            before = rss_bytes(client.info().pid)
            onboard(tenant, _ENDPOINTS)
            kib.append((rss_bytes(client.info().pid) - before) / _ENDPOINTS / 1024)
    return [
        Figure(
            name="memory of an embedded endpoint",
            unit="KiB",
            rounds=kib,
            note="agent, sensor and the cloud's side of its connections, in one process",
        )
    ]


def onboard(tenant: TenantClient, count: int) -> None:
    """Make that many endpoints and wait, in their time, until all are onboarded. Raises RuntimeError when one is not."""
    package = tenant.package(PackageOrder(kind="onboarding", method="configuration"))
    text = next(text for name, text in package.members.items() if name.endswith(".json"))
    names = [f"lin-{number + 1}" for number in range(count)]
    for name in names:
        tenant.add_endpoint(DeviceSpec(name=name))
        tenant.write_file(name, _ONBOARDING_FILE, text)
    tenant.move(seconds=600)
    for name in names:
        state = tenant.endpoint(name).state
        if state != "onboarded":
            raise RuntimeError(f"{name} is {state} after ten minutes; the benchmark measures onboarded endpoints")
