"""Memory and processor time of an agent in a fleet process, against a real lab."""

from benchmarks.measure import Figure, rss_bytes
from mdelab.lab.launch import launch
from mdelab.load.fleet import Fleet
from mdelab.load.order import order_fleet, order_tenant
from mdelab.load.protocol import Share

_AGENTS = 5_000
_WITHIN_S = 300.0
_REPORTS_PER_S = 500.0


def fleet_agents(rounds: int) -> list[Figure]:
    """Five thousand agents in one process: onboarded, each with a connection, each having reported."""
    kib: list[float] = []
    cpu: list[float] = []
    with launch() as client:
        for turn in range(rounds):
            tenant = order_tenant(client, f"bench-{turn}")
            plan = order_fleet(client, tenant, endpoints=_AGENTS, prefix="bench", offboard=False)
            with Fleet(plan) as fleet:
                empty = rss_bytes(fleet.pids[0])
                share = Share(0, _AGENTS)
                fleet.begin(share)
                if not fleet.wait_until(lambda counts: counts.onboarded == _AGENTS, _WITHIN_S):
                    raise RuntimeError(f"not all agents were onboarded: {fleet.reason or fleet.failure_texts}")
                fleet.rate(share, _REPORTS_PER_S)
                fleet.wait_until(lambda counts: counts.acknowledged >= 11 * _AGENTS, _WITHIN_S)
                fleet.drain(_WITHIN_S)
                (drained,) = fleet.drains
                kib.append((drained.rss_bytes - empty) / _AGENTS / 1024)
                cpu.append(drained.cpu_s / _AGENTS * 1000)
            tenant.delete()
    note = f"{_AGENTS} agents in one process"
    return [
        Figure(name="memory of an agent in a fleet process", unit="KiB", rounds=kib, limit=64.0, note=note),
        Figure(name="CPU of an agent: onboarding and one report of ten events", unit="ms", rounds=cpu, note=note),
    ]
