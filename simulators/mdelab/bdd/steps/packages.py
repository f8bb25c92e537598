"""The packages that the portal hands out, and how they come onto an endpoint."""

from mdelab.bdd.registry import then
from mdelab.bdd.verdict import Unmet
from mdelab.lab.client import TenantClient
from mdelab.lab.wire import PackageInfo, PackageOrder
from mdelab.model.package import Kind

FILES = {
    "onboarding": "/etc/opt/microsoft/mdatp/mdatp_onboard.json",
    "offboarding": "/etc/opt/microsoft/mdatp/mdatp_offboard.json",
}
"""Where the agent on Linux looks for them (defender-docs linux-install-manually.md, linux-off-board-endpoints.md)."""


def order(tenant: TenantClient, kind: Kind, method: str = "configuration") -> PackageInfo:
    """Download a package, as an administrator does."""
    return tenant.package(PackageOrder(kind=kind, method=method))


def configuration(package: PackageInfo) -> str:
    """The text of the package's JSON file."""
    return next(text for name, text in package.members.items() if name.endswith(".json"))


def script(package: PackageInfo) -> tuple[str, str]:
    """Name and text of the package's Python script."""
    return next((name, text) for name, text in package.members.items() if name.endswith(".py"))


def drop(tenant: TenantClient, endpoint: str, kind: Kind, text: str) -> None:
    """Write a package's JSON where the agent looks for it."""
    tenant.write_file(endpoint, FILES[kind], text, mode=0o600)


@then("the portal's {kind:Kind} download is {name:Quoted} and holds {member:Quoted}")
def download(tenant: TenantClient, kind: Kind, name: str, member: str) -> None:
    """The names of the zip and of the script in it, today in lab time."""
    package = order(tenant, kind, "script")
    if package.file_name != name or member not in package.members:
        raise Unmet(
            f"the portal's {kind} download is {package.file_name!r} and holds {sorted(package.members)}, "
            f"not {name!r} with {member!r}. Compare the names with the date in lab time, {tenant.clock().now:%Y-%m-%d}."
        )
