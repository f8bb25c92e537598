"""What surrounds a tenant's devices, as the control API changes it: its hops, and what its site tells by DNS and DHCP."""

import msgspec

from mdelab.lab.backend import Backend
from mdelab.lab.refusals import Unknown
from mdelab.lab.slots import free_slot
from mdelab.model.errors import LabError
from mdelab.model.site import Site
from mdelab.model.tenant import HopPolicy, Tenant


async def put_hop(backend: Backend, tenant: Tenant, policy: HopPolicy) -> HopPolicy:
    """Make or change a hop. It keeps its place while its kind stays. Raises LabError."""
    policy.check()
    if policy.kind == "external" and backend.name != "embedded":
        raise LabError(
            f"hop {policy.name!r} is external, and this lab is in containers, whose network leads to no proxy outside. "
            "Use a lab that was started without --backend docker."
        )
    old = tenant.hops.get(policy.name)
    slot = old.slot if old is not None and old.kind == policy.kind else free_slot(tenant, policy.kind)
    placed = msgspec.structs.replace(policy, slot=slot)
    tenant.hops[policy.name] = placed
    await backend.put_hop(tenant, placed)
    return placed


async def remove_hop(backend: Backend, tenant: Tenant, hop: str) -> None:
    """Raises Unknown."""
    if tenant.hops.pop(hop, None) is None:
        raise Unknown("hop", hop, list(tenant.hops))
    await backend.remove_hop(tenant, hop)


async def put_site(backend: Backend, tenant: Tenant, site: Site) -> Site:
    """Change what the tenant's own network tells its devices. Raises LabError; Unknown for a hop that it does not have."""
    site.check()
    for hop in site.hops():
        if hop not in tenant.hops:
            raise Unknown("hop", hop, list(tenant.hops))
    tenant.site = site
    await backend.put_site(tenant)
    return site


def check_hops(tenant: Tenant, routes: tuple[str, ...], trusts: tuple[str, ...]) -> None:
    """Raise Unknown for a hop that the tenant does not have. routes: each a hop's name, a URL, or ""."""
    for hop in [*(one for one in routes if one and "://" not in one), *trusts]:
        if hop not in tenant.hops:
            raise Unknown("hop", hop, list(tenant.hops))
