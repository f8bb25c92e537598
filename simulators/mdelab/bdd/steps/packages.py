"""The packages that the portal hands out, and how they come onto an endpoint."""

from datetime import timedelta

from mdelab.bdd.last import Last
from mdelab.bdd.registry import then, when
from mdelab.bdd.steps.commands import run_each
from mdelab.bdd.verdict import Unmet
from mdelab.bdd.words import LINUX
from mdelab.catalogue.macos import macos
from mdelab.lab.client import TenantClient
from mdelab.lab.wire import PackageInfo, PackageOrder
from mdelab.model.errors import LabError
from mdelab.model.package import Kind
from mdelab.model.platform import Platform


def order(
    tenant: TenantClient,
    kind: Kind,
    platform: Platform = LINUX,
    method: str = "configuration",
    age: timedelta = timedelta(),
) -> PackageInfo:
    """A package that an administrator downloaded so long ago; now, if nothing is said."""
    return tenant.package(PackageOrder(kind=kind, platform=platform, method=method, age_s=age.total_seconds()))


def blob(tenant: TenantClient, kind: Kind, endpoint: str, age: timedelta = timedelta()) -> str:
    """What a package for this endpoint carries: the JSON that each medium wraps."""
    return order(tenant, kind, tenant.endpoint(endpoint).platform, age=age).blob


def script(package: PackageInfo) -> tuple[str, str]:
    """Name and text of the package's script."""
    return next((name, text) for name, text in package.members.items() if name.endswith((".py", ".sh", ".cmd")))


@when("{member:Quoted} of the {kind:Kind} download by {method:Quoted} is delivered to {endpoint:Name} as {path:Quoted}")
def delivered(tenant: TenantClient, member: str, kind: Kind, method: str, endpoint: str, path: str) -> None:
    """A management tool brings one file of the portal's download to a place on the device."""
    package = order(tenant, kind, tenant.endpoint(endpoint).platform, method)
    if member not in package.members:
        raise LabError(f"the download holds no {member!r}. It holds: {', '.join(package.members)}.")
    tenant.write_file(endpoint, path, package.members[member])


@when(
    "the management product of {endpoint:Name} delivers {member:Quoted} of the {kind:Kind} download by {method:Quoted}"
)
def delivered_by_product(tenant: TenantClient, endpoint: str, member: str, kind: Kind, method: str) -> None:
    """As Intune and others do with what is pasted into them: a configuration profile for a Mac, the package elsewhere."""
    package = order(tenant, kind, tenant.endpoint(endpoint).platform, method)
    if member not in package.members:
        raise LabError(f"the download holds no {member!r}. It holds: {', '.join(package.members)}.")
    tenant.place_package(endpoint, kind, package.members[member])


@when("the management product of {endpoint:Name} installs the client")
def installed_by_product(tenant: TenantClient, last: Last, endpoint: str) -> None:
    """On a Mac, as Intune does with its app for macOS: the package of the Current channel, and nobody sits at the device."""
    package = "/tmp/wdav.pkg"
    commands = [f"curl -sS -o {package} {macos().channel[0].package}", f"installer -pkg {package} -target /"]
    run_each(tenant, last, endpoint, commands)


@then("the portal's {kind:Kind} download is {name:Quoted} and holds {member:Quoted}")
def download(tenant: TenantClient, kind: Kind, name: str, member: str) -> None:
    """The names of the zip and of the script in it, today in lab time, for Linux."""
    _holds(tenant, order(tenant, kind, LINUX, "script"), f"{kind} download", name, member)


@then(
    "the portal's {kind:Kind} download for {platform:Platform} by {method:Quoted} is {name:Quoted} and holds {member:Quoted}"
)
def download_by(tenant: TenantClient, kind: Kind, platform: Platform, method: str, name: str, member: str) -> None:
    """The names of the zip and of one file in it, for one of the deployment methods that the portal offers."""
    package = order(tenant, kind, platform, method)
    _holds(tenant, package, f"{kind} download for {platform.value} by {method}", name, member)


def _holds(tenant: TenantClient, package: PackageInfo, what: str, name: str, member: str) -> None:
    if package.file_name != name or member not in package.members:
        raise Unmet(
            f"the portal's {what} is {package.file_name!r} and holds {sorted(package.members)}, "
            f"not {name!r} with {member!r}. Compare the names with the date in lab time, {tenant.clock().now:%Y-%m-%d}."
        )
