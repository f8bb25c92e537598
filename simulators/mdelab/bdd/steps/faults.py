"""Faults: what is put wrong on purpose, and whether a diagnosis finds it."""

from mdelab.bdd.registry import given, then, when
from mdelab.bdd.verdict import Unmet
from mdelab.catalogue.faults import fault_row
from mdelab.lab import recipe
from mdelab.lab.client import TenantClient
from mdelab.model.fault import Fault
from mdelab.model.platform import Platform


@given("a {platform:Platform} endpoint {endpoint:Name} on the route of {fault:Fault}")
def on_route(tenant: TenantClient, platform: Platform, endpoint: str, fault: str) -> None:
    """It has the Defender client, was never onboarded, and goes the way on which that fault is met."""
    recipe.furnish(tenant, fault_row(fault), platform, name=endpoint)


@given("the fault {fault:Fault}")
@when("the fault {fault:Fault} begins")
def begins(tenant: TenantClient, fault: str) -> None:
    """It takes the names that the catalogue gives it, at every hop of its kind."""
    tenant.put_fault(Fault(kind=fault))


@given("the fault {fault:Fault} for {host:Quoted}")
def begins_for(tenant: TenantClient, fault: str, host: str) -> None:
    """It takes that name only, or that pattern of names."""
    tenant.put_fault(Fault(kind=fault, names=(host,)))


@when("the fault {fault:Fault} is removed")
def is_removed(tenant: TenantClient, fault: str) -> None:
    """From the next request on everything is as it was."""
    tenant.remove_fault(fault)


@when("{endpoint:Name} tries what {fault:Fault} breaks")
def tries(tenant: TenantClient, endpoint: str, fault: str) -> None:
    """curl, and a program of the endpoint where one shows it, ask for what the fault catalogue says."""
    recipe.look_at(tenant, fault_row(fault), tenant.endpoint(endpoint).platform, endpoint)


@then("the diagnosis of {endpoint:Name} names what {fault:Fault} causes")
def names(tenant: TenantClient, endpoint: str, fault: str) -> None:
    """The cause that the fault catalogue expects on the endpoint's platform."""
    expected = fault_row(fault).on(tenant.endpoint(endpoint).platform).cause
    found = tenant.diagnosis(endpoint)
    if found.cause != expected:
        lines = "\n".join(f"    {line.observer}: {line.text}" for line in found.evidence)
        raise Unmet(f"the diagnosis of {endpoint} is {found.cause!r} ({found.summary}), not {expected!r}.\n{lines}")
