"""Endpoints: making one, and what it is like."""

import msgspec

from mdelab.bdd.registry import given, when
from mdelab.bdd.steps.network import furnish
from mdelab.bdd.steps.onboarding import onboard
from mdelab.bdd.words import Proxy
from mdelab.lab.client import TenantClient
from mdelab.lab.wire import EndpointChange
from mdelab.model.device import DeviceSpec
from mdelab.model.errors import LabError
from mdelab.model.platform import Platform


@given("a {platform:Platform} endpoint {endpoint:Name}")
def plain(tenant: TenantClient, platform: Platform, endpoint: str) -> None:
    """It has the Defender client, was never onboarded, and has a direct route."""
    tenant.add_endpoint(DeviceSpec(name=endpoint, platform=platform))


@given("a {platform:Platform} endpoint {endpoint:Name} with:")
def described(tenant: TenantClient, platform: Platform, endpoint: str, datatable: list[list[str]]) -> None:
    """As a plain one, but for the rows of the table: a field of the spec's `[[tenant.endpoint]]` and its value."""
    fields: dict[str, object] = {"name": endpoint, "platform": platform}
    lists = ("services", "fanotify_users", "trusts", "profiles", "bypass")
    fields |= {row[0]: row[1].split() if row[0] in lists else row[1] for row in datatable}
    try:
        tenant.add_endpoint(msgspec.convert(fields, DeviceSpec, strict=False))
    except msgspec.ValidationError as error:
        known = ", ".join(DeviceSpec.__struct_fields__)
        raise LabError(f"endpoint {endpoint!r} cannot be made: {error}. Rows can name: {known}.") from error


@given("a {platform:Platform} endpoint {endpoint:Name} without Python")
def without_python(tenant: TenantClient, platform: Platform, endpoint: str) -> None:
    """There is neither `python3` nor `python` on it."""
    tenant.add_endpoint(DeviceSpec(name=endpoint, platform=platform, python=""))


@given("a {platform:Platform} endpoint {endpoint:Name} on which {program:Name} holds fanotify")
def with_fanotify(tenant: TenantClient, platform: Platform, endpoint: str, program: str) -> None:
    """Another program uses fanotify in blocking mode, which the Defender client needs for itself."""
    spec = DeviceSpec(name=endpoint, platform=platform, services=(program,), fanotify_users=(program,))
    tenant.add_endpoint(spec)


@given("a {platform:Platform} endpoint {endpoint:Name} behind {proxy:Proxy}")
def behind(tenant: TenantClient, platform: Platform, endpoint: str, proxy: Proxy) -> None:
    """Its system, or on Linux /etc/environment, names the proxy."""
    tenant.add_endpoint(DeviceSpec(name=endpoint, platform=platform, proxy=furnish(tenant, proxy)))


@given("a {platform:Platform} endpoint {endpoint:Name} behind {proxy:Proxy} whose CA it trusts")
def behind_trusted(tenant: TenantClient, platform: Platform, endpoint: str, proxy: Proxy) -> None:
    """An administrator has put the proxy's CA into the endpoint's certificate store."""
    hop = furnish(tenant, proxy)
    tenant.add_endpoint(DeviceSpec(name=endpoint, platform=platform, proxy=hop, trusts=(hop,)))


@given("an onboarded {platform:Platform} endpoint {endpoint:Name}")
def onboarded(tenant: TenantClient, platform: Platform, endpoint: str) -> None:
    """The cloud has accepted its enrolment, it is healthy, and the API lists it."""
    tenant.add_endpoint(DeviceSpec(name=endpoint, platform=platform))
    onboard(tenant, endpoint)


@given("{count:Count} onboarded {platform:Platform} endpoints {name:Name} of the user {user:Account}")
def onboarded_of_user(tenant: TenantClient, count: int, platform: Platform, name: str, user: str) -> None:
    """Onboarded one after the other, and called by the name and a number: mac-1, mac-2, ... of `mac`."""
    for number in range(1, count + 1):
        tenant.add_endpoint(DeviceSpec(name=f"{name}-{number}", platform=platform, user=user))
        onboard(tenant, f"{name}-{number}")


@given("an onboarded {platform:Platform} endpoint {endpoint:Name} in passive mode")
def onboarded_passive(tenant: TenantClient, platform: Platform, endpoint: str) -> None:
    """Onboarded; its antivirus detects but does not act."""
    tenant.add_endpoint(DeviceSpec(name=endpoint, platform=platform, passive=True))
    onboard(tenant, endpoint)


@given("an onboarded {platform:Platform} endpoint {endpoint:Name} behind {proxy:Proxy}")
def onboarded_behind(tenant: TenantClient, platform: Platform, endpoint: str, proxy: Proxy) -> None:
    """Onboarded through a proxy that its system names."""
    tenant.add_endpoint(DeviceSpec(name=endpoint, platform=platform, proxy=furnish(tenant, proxy)))
    onboard(tenant, endpoint)


@when("{endpoint:Name} is upgraded to the release {release:Quoted}")
def upgraded(tenant: TenantClient, endpoint: str, release: str) -> None:
    """Of its operating system; what is installed and deployed stays as it was."""
    tenant.change_endpoint(endpoint, EndpointChange(release=release))


@when("the configuration profiles {profiles:Quoted} are deployed to {endpoint:Name}")
def profiles_deployed(tenant: TenantClient, profiles: str, endpoint: str) -> None:
    """All that the Mac has from now on, by name; `default` stands for those that the client needs."""
    tenant.change_endpoint(endpoint, EndpointChange(profiles=tuple(profiles.split())))


@given("the registry key {key:Quoted} of {endpoint:Name} is locked")
def key_locked(tenant: TenantClient, key: str, endpoint: str) -> None:
    """Something keeps it, and what is below it, from being changed, by administrators too."""
    locked = tenant.endpoint(endpoint).spec.locked_keys
    tenant.change_endpoint(endpoint, EndpointChange(locked_keys=(*locked, key)))
