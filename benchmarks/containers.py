"""What an endpoint in a container costs: time and memory of each of thirty, in new containers and in ones that are used again."""

import time

import docker

from benchmarks.lab import onboard
from benchmarks.measure import Figure, Skipped
from mdelab.lab.client import LabClient, TenantClient
from mdelab.lab.launch import launch
from mdelab.lab.wire import TenantSpec
from mdelab.model.errors import NotReady

_ENDPOINTS = 30
_MOST_ROUNDS = 3
"""A round makes thirty containers, which takes the better part of a minute."""


def thirty_containers(rounds: int) -> list[Figure]:
    """Thirty endpoints, one after the other: made and, after ten simulated minutes, onboarded; then the same once more."""
    new_s: list[float] = []
    again_s: list[float] = []
    mib: list[float] = []
    for _ in range(min(rounds, _MOST_ROUNDS)):
        try:
            with launch(backend="docker") as client:
                took, first = _fill(client, "first")
                new_s.append(took)
                containers = _containers(first)
                mib.append(_memory_bytes(containers) / _ENDPOINTS / 2**20)
                first.delete()
                took, second = _fill(client, "second")
                again_s.append(took)
                if _containers(second) != containers:
                    raise RuntimeError("not every container was used again, so this is no figure of that")
        except NotReady as error:
            raise Skipped(str(error)) from error
    note = f"{_ENDPOINTS} endpoints, made one after the other and onboarded; never gated: wall time"
    return [
        Figure(name="an endpoint in a new container, wall", unit="s", rounds=new_s, note=note),
        Figure(name="an endpoint in a container that is used again, wall", unit="s", rounds=again_s, note=note),
        Figure(name="memory of an endpoint's container", unit="MiB", rounds=mib, note="as the engine counts it"),
    ]


def _fill(client: LabClient, name: str) -> tuple[float, TenantClient]:
    """Seconds for each endpoint, and the tenant that has them."""
    tenant = client.create_tenant(TenantSpec(name=name))
    began = time.perf_counter()
    onboard(tenant, _ENDPOINTS)
    return (time.perf_counter() - began) / _ENDPOINTS, tenant


def _containers(tenant: TenantClient) -> set[str]:
    return {endpoint.container for endpoint in tenant.endpoints()}


def _memory_bytes(containers: set[str]) -> int:
    """Without what the kernel only keeps because nobody else wants the memory."""
    engine = docker.from_env()
    try:
        seen = [engine.api.stats(name, stream=False, one_shot=True)["memory_stats"] for name in containers]
    finally:
        engine.close()
    return sum(one["usage"] - _reclaimable(one["stats"]) for one in seen)


def _reclaimable(stats: dict[str, int]) -> int:
    """By the names of both versions of control groups."""
    return stats.get("total_inactive_file", stats.get("inactive_file", 0))
