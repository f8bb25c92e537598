"""Where the hops of a tenant listen: each kind a few times for all tenants, and each under an address of its own in the site."""

from mdelab.model.errors import LabError
from mdelab.model.tenant import HopKind, HopPolicy, Tenant
from mdelab.model.work import Address
from mdelab.network.pac import PAC_PORT

SLOTS = 4
"""Hops of one kind that a tenant can have: each listens on a port of its own, shared by all tenants."""

PROXY_PORT = 8080
_SITE_PORTS: dict[HopKind, int] = {
    "tunnel": PROXY_PORT,
    "inspecting": PROXY_PORT,
    "pac": PAC_PORT,
    "external": PROXY_PORT,
}
_SITE_NETS: dict[HopKind, str] = {
    "tunnel": "127.33.1",
    "inspecting": "127.33.2",
    "pac": "127.33.3",
    "external": "127.33.4",
}
"""Where a hop answers under its name in the site: an address for each slot and the port that people expect."""


def site_address(policy: HopPolicy) -> Address:
    """Where devices find the hop by its name; `ports` leads them on to where it listens."""
    return (f"{_SITE_NETS[policy.kind]}.{policy.slot + 1}", _SITE_PORTS[policy.kind])


def free_slot(tenant: Tenant, kind: HopKind) -> int:
    """The first slot of `kind` that no hop of the tenant has. Raises LabError when all are taken."""
    taken = {hop.slot for hop in tenant.hops.values() if hop.kind == kind}
    for slot in range(SLOTS):
        if slot not in taken:
            return slot
    raise LabError(
        f"tenant {tenant.name!r} has {SLOTS} {kind} hops already, and a lab keeps no more listeners of a kind. "
        "Remove one, or use a tenant of its own for the rest."
    )
