"""Files on an endpoint."""

from mdelab.bdd.registry import given, then
from mdelab.bdd.verdict import Unmet
from mdelab.lab.client import TenantClient


@given("a file {path:Quoted} on {endpoint:Name} that holds:")
def holds(tenant: TenantClient, path: str, endpoint: str, docstring: str) -> None:
    """Written by an administrator, or by a management tool that delivers files."""
    tenant.write_file(endpoint, path, docstring + "\n")


@then("there is a file {path:Quoted} on {endpoint:Name}")
def is_there(tenant: TenantClient, path: str, endpoint: str) -> None:
    """At exactly this path."""
    if path not in tenant.files(endpoint):
        raise Unmet(f"there is no file {path!r} on {endpoint}. {_beside(tenant, path, endpoint)}")


@then("there is no file {path:Quoted} on {endpoint:Name}")
def is_not_there(tenant: TenantClient, path: str, endpoint: str) -> None:
    """Nothing is at this path."""
    if path in tenant.files(endpoint):
        raise Unmet(f"there is a file {path!r} on {endpoint}, with mode {tenant.read_file(endpoint, path).mode:o}.")


def _beside(tenant: TenantClient, path: str, endpoint: str) -> str:
    folder = path.rpartition("/")[0]
    found = [one for one in tenant.files(endpoint) if one.startswith(f"{folder}/")]
    return f"In {folder or '/'} there are: {', '.join(found) or 'no files'}."
