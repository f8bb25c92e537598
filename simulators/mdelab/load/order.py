"""Orders what a fleet needs from the lab: a range of endpoints in a tenant, and the packages that its agents drop."""

from typing import TYPE_CHECKING

from mdelab.lab.wire import FleetOrder, PackageOrder, TenantSpec
from mdelab.load.protocol import FleetPlan

if TYPE_CHECKING:
    from mdelab.lab.client import LabClient, TenantClient


def order_tenant(client: "LabClient", name: str) -> "TenantClient":
    """A tenant for a fleet alone: its clock is live, and only failed steps are kept as evidence."""
    return client.create_tenant(TenantSpec(name=name, scenario=name, clock="live", evidence="failures"))


def order_fleet(
    client: "LabClient", tenant: "TenantClient", *, endpoints: int, prefix: str = "fleet", offboard: bool = True
) -> FleetPlan:
    """A plan for `endpoints` new endpoints of `tenant`, direct to the cloud, with the standard packages."""
    identity = tenant.info()
    return FleetPlan(
        tenant=identity.id,
        org_id=identity.org_id,
        tenant_name=identity.name,
        scenario=identity.scenario,
        seed=client.info().seed,
        prefix=prefix,
        range=tenant.create_fleet(FleetOrder(count=endpoints, prefix=prefix)),
        onboarding=tenant.package(PackageOrder(kind="onboarding")).blob,
        offboarding=tenant.package(PackageOrder(kind="offboarding")).blob if offboard else "",
    )
