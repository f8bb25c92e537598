"""Routes: PAC files and what announces them, bypass lists, and which way a device goes."""

import base64
from datetime import timedelta

import msgspec

from mdelab.bdd.eventually import Seen, eventually
from mdelab.bdd.last import Last
from mdelab.bdd.registry import given, then, when
from mdelab.bdd.steps.commands import run
from mdelab.bdd.steps.network import furnish
from mdelab.bdd.verdict import Unmet
from mdelab.bdd.words import Proxy
from mdelab.lab.client import TenantClient
from mdelab.model.device import DeviceSpec
from mdelab.model.evidence import Purpose
from mdelab.model.pac_file import PacFile
from mdelab.model.platform import Platform
from mdelab.model.route import PassedOver, Route
from mdelab.model.site import Site
from mdelab.model.tenant import HopPolicy

PAC_HOP = "pac"
"""The tenant's web server for its PAC file: `pac.corp.example` for its devices."""


def serve(tenant: TenantClient, **changes: object) -> None:
    """Let the tenant's PAC server answer with a changed file; it is made if it is not there."""
    held = next((hop.pac for hop in tenant.hops() if hop.name == PAC_HOP), PacFile())
    tenant.put_hop(HopPolicy(name=PAC_HOP, kind="pac", pac=msgspec.structs.replace(held, **changes)))


def script_for(tenant: TenantClient, proxy: Proxy) -> str:
    """A PAC script that sends everything to one proxy, by the name that it has in the tenant's network."""
    place = f"{furnish(tenant, proxy)}.{tenant.site().suffix}:8080"
    return f'function FindProxyForURL(url, host) {{\n  return "PROXY {place}";\n}}\n'


@given("the PAC file of the tenant is:")
def pac_is(tenant: TenantClient, docstring: str) -> None:
    """A web server of the tenant's network serves it. A proxy is named there as tunnel-proxy.corp.example:8080."""
    serve(tenant, text=docstring)


@given("the PAC file of the tenant sends everything to {proxy:Proxy}")
def pac_sends(tenant: TenantClient, proxy: Proxy) -> None:
    """One line of script: the proxy, and no other way."""
    serve(tenant, text=script_for(tenant, proxy))


@given("the PAC file of the tenant is saved as {encoding:Quoted}")
def pac_saved(tenant: TenantClient, encoding: str) -> None:
    """The bytes of the file change, not its text; a Python name of an encoding, such as "utf-16" or "utf-8-sig"."""
    text = next(hop.pac.text for hop in tenant.hops() if hop.name == PAC_HOP)
    serve(tenant, text="", base64=base64.b64encode(text.encode(encoding)).decode())


@given("the PAC file of the tenant is {count:Count} bytes long")
def pac_long(tenant: TenantClient, count: int) -> None:
    """It is filled up with a comment."""
    text = next(hop.pac.text for hop in tenant.hops() if hop.name == PAC_HOP)
    serve(tenant, text=f"{text}//".ljust(count, "x"))


@given("the PAC file of the tenant is answered with {status:Count}")
def pac_answered(tenant: TenantClient, status: int) -> None:
    """Whatever the file says."""
    serve(tenant, status=status)


@when("the PAC file of the tenant is answered with {status:Count} again")
def pac_answered_again(tenant: TenantClient, status: int) -> None:
    """Devices that have failed to get it try again after a while."""
    serve(tenant, status=status)


@when("the PAC file of the tenant becomes:")
def pac_becomes(tenant: TenantClient, docstring: str) -> None:
    """Devices that have fetched it keep the old one until it is no longer fresh, or the network changes."""
    serve(tenant, text=docstring)


@given("the WPAD name of the tenant leads to its PAC file")
def wpad_resolves(tenant: TenantClient) -> None:
    """DNS has the record wpad.<suffix>."""
    tenant.put_site(msgspec.structs.replace(tenant.site(), wpad=PAC_HOP))


@given("DHCP announces the PAC file {url:Quoted}")
def dhcp_announces(tenant: TenantClient, url: str) -> None:
    """Option 252."""
    tenant.put_site(msgspec.structs.replace(tenant.site(), dhcp_pac_url=url))


@given("the DNS suffix of the tenant is {suffix:Quoted}")
def suffix_is(tenant: TenantClient, suffix: str) -> None:
    """The names of its network end in it: before that is said, no endpoint should be made."""
    tenant.put_site(Site(suffix=suffix))


@when("the endpoints of the tenant join their network anew")
def join_anew(tenant: TenantClient) -> None:
    """What they found out about it before does not count any more."""
    tenant.put_site(tenant.site())


@given("a {platform:Platform} endpoint {endpoint:Name} that uses the PAC file of the tenant")
def uses_pac(tenant: TenantClient, platform: Platform, endpoint: str) -> None:
    """Set where the platform keeps the URL of a PAC file."""
    tenant.add_endpoint(DeviceSpec(name=endpoint, platform=platform, pac=PAC_HOP))


@given("a {platform:Platform} endpoint {endpoint:Name} that looks for a PAC file")
def looks_for_pac(tenant: TenantClient, platform: Platform, endpoint: str) -> None:
    """Web Proxy Autodiscovery (WPAD) is switched on."""
    tenant.add_endpoint(DeviceSpec(name=endpoint, platform=platform, wpad=True))


@given("a {platform:Platform} endpoint {endpoint:Name} behind {proxy:Proxy} that is not for {hosts:Quoted}")
def behind_with_bypass(tenant: TenantClient, platform: Platform, endpoint: str, proxy: Proxy, hosts: str) -> None:
    """The system's proxy with its bypass list; entries are parted by blanks."""
    spec = DeviceSpec(name=endpoint, platform=platform, proxy=furnish(tenant, proxy), bypass=tuple(hosts.split()))
    tenant.add_endpoint(spec)


@when("{endpoint:Name} runs curl to {url:Quoted} by its route")
def curl_by_route(tenant: TenantClient, last: Last, endpoint: str, url: str) -> None:
    """curl itself knows no PAC files: it is given the first way of the agent's route in its environment."""
    ways = tenant.route(endpoint, url).ways
    proxy = str(ways[0]) if ways and ways[0].proxy else ""
    names = ("HTTPS_PROXY", "https_proxy", "http_proxy") if proxy else ("NO_PROXY", "no_proxy")
    run(tenant, last, endpoint, f"curl -sS {url}", env=dict.fromkeys(names, proxy or "*"))


@then("the route of {endpoint:Name} to {url:Quoted} is {way:Quoted} by {source:Name}")
def route_is(tenant: TenantClient, endpoint: str, url: str, way: str, source: str) -> None:
    """The way that is tried first, `direct` or HOST:PORT, and the place that says so (`none` when no place does)."""
    route = tenant.route(endpoint, url)
    if (_shown(route)[:1], route.source) != ([way], source):
        raise Unmet(f"the route of {endpoint} to {url} is {_told(route)}, not {way!r} by {source}.")


@then("{endpoint:Name} tries these ways to {url:Quoted}:")
def ways_are(tenant: TenantClient, endpoint: str, url: str, datatable: list[list[str]]) -> None:
    """One a row, in their order: `direct` or HOST:PORT, and the place that says so."""
    route = tenant.route(endpoint, url)
    found = [[shown, way.source] for shown, way in zip(_shown(route), route.ways, strict=True)]
    if found != datatable:
        raise Unmet(f"the route of {endpoint} to {url} is {_told(route)}, not {datatable}.")


@then("for {url:Quoted} {endpoint:Name} passes over {source:Name} because of {reason:Quoted}")
def passed_over(tenant: TenantClient, url: str, endpoint: str, source: str, reason: str) -> None:
    """The reason's id, such as `pac-404`."""
    _passed_over(tenant.route(endpoint, url), endpoint, source, reason)


@then(
    "for {url:Quoted} {endpoint:Name} passes over {source:Name} because of {reason:Quoted} with the number {code:Count}"
)
def passed_over_with(tenant: TenantClient, url: str, endpoint: str, source: str, reason: str, code: int) -> None:
    """The number that the platform documents for it: WinHTTP's on Windows, CFNetwork's on a Mac."""
    found = _passed_over(tenant.route(endpoint, url), endpoint, source, reason)
    if found.code != code:
        raise Unmet(f"{endpoint} passes over {source} with the number {found.code}, not {code}: {found.text}.")


@then("the agent of {endpoint:Name} goes through {proxy:Proxy} within {limit:Duration}")
def goes_through(tenant: TenantClient, endpoint: str, proxy: Proxy, limit: timedelta) -> None:
    """Its newest connection to the cloud went through that proxy, as the proxy itself saw it."""
    _went(tenant, endpoint, proxy.name, limit)


@then("the agent of {endpoint:Name} goes directly within {limit:Duration}")
def goes_directly(tenant: TenantClient, endpoint: str, limit: timedelta) -> None:
    """Its newest connection to the cloud went through no proxy."""
    _went(tenant, endpoint, "", limit)


@then("DNS was asked by {endpoint:Name} for {names:Quoted} and for no other {prefix:Quoted} name")
def dns_asked(tenant: TenantClient, endpoint: str, names: str, prefix: str) -> None:
    """Of the names that begin so, in the order of the first question; names are parted by blanks."""
    asked = [record.name for record in tenant.evidence(endpoint) if record.observer == "dns"]
    found = list(dict.fromkeys(name for name in asked if name.startswith(prefix)))
    if found != names.split():
        raise Unmet(f"{endpoint} asked DNS for {found}, not for {names.split()}.")


def _went(tenant: TenantClient, endpoint: str, hop: str, limit: timedelta) -> None:
    between = {one.name for one in tenant.hops()}

    def look() -> Seen:
        reached = [
            connection
            for connection in tenant.connections(endpoint)
            if connection.purpose is Purpose.AGENT and any(record.observer == "cloud" for record in connection.records)
        ]
        if not reached:
            return Seen(False, "no connection of its agent reached the cloud")
        through = [observer for observer in reached[-1].observers if observer in between]
        return Seen(through == ([hop] if hop else []), f"its newest connection went through {through or 'no proxy'}")

    eventually(tenant, f"the agent of {endpoint} goes {f'through {hop}' if hop else 'directly'}", limit, look)


def _passed_over(route: Route, endpoint: str, source: str, reason: str) -> PassedOver:
    found = [one for one in route.passed_over if (one.source, one.reason) == (source, reason)]
    if not found:
        raise Unmet(f"{endpoint} does not pass over {source} because of {reason!r}: its route is {_told(route)}.")
    return found[0]


def _shown(route: Route) -> list[str]:
    return [str(way).removeprefix("http://") for way in route.ways]


def _told(route: Route) -> str:
    ways = ", then ".join(f"{shown!r} by {way.source}" for shown, way in zip(_shown(route), route.ways, strict=True))
    over = "; ".join(f"{one.source}: {one.reason} ({one.text})" for one in route.passed_over)
    return f"{ways or 'nowhere'}, passed over: {over or 'nothing'}"
