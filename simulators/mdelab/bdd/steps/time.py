"""Lab time."""

from datetime import timedelta

from mdelab.bdd.registry import when
from mdelab.lab.client import TenantClient


@when("{span:Duration} passes")
@when("{span:Duration} pass")
def passes(tenant: TenantClient, span: timedelta) -> None:
    """Everything that is due meanwhile happens, in order."""
    tenant.move(seconds=span.total_seconds())
