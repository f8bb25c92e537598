"""How a fault is reproduced: the device and the network that it needs, the fault, and who then tries to connect.

A client of the lab, as a person or a test would be. What each kind of fault needs is data in `mdelab.catalogue.faults`.
"""

from dataclasses import dataclass

import msgspec

from mdelab.catalogue.faults import FaultRow, route
from mdelab.lab.client import TenantClient
from mdelab.lab.wire import Diagnosis, ExecResult
from mdelab.model.fault import Fault
from mdelab.model.platform import Platform

TRIES_S = 180
"""How long the agent is given, in the tenant's time: every channel has tried by then, and a first time-out has passed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reproduction:
    """What came of it."""

    endpoint: str
    fault: Fault
    curl: ExecResult | None
    """None where the fault lets no program of the device run."""
    diagnosis: Diagnosis


def furnish(tenant: TenantClient, row: FaultRow, platform: Platform, *, name: str = "") -> str:
    """Make the route that a fault needs and a device on it; the device's name. name: of the device, else the route's.

    Raises LabError for a platform that does not have the fault.
    """
    row.on(platform)
    way = route(row.route)
    for hop in way.hop:
        tenant.put_hop(hop)
    tenant.put_site(way.site)
    for closed in way.fault:
        tenant.put_fault(closed)
    spec = msgspec.structs.replace(way.device, platform=platform, name=name or way.device.name)
    return tenant.add_endpoint(spec).name


def reproduce(tenant: TenantClient, row: FaultRow, platform: Platform, fault: Fault | None) -> Reproduction:
    """Let the agent and curl try on the route of `row`, with `fault` in the way; None for nothing in the way."""
    endpoint = furnish(tenant, row, platform)
    if fault is not None and not row.befalls_onboarded:
        tenant.put_fault(fault)
    tenant.place_package(endpoint, "onboarding")
    tenant.move(seconds=TRIES_S)
    if fault is not None and row.befalls_onboarded:
        tenant.put_fault(fault)
    runs = fault is None or row.on(platform).curl_code is not None
    curl = look_at(tenant, row, platform, endpoint) if runs else None
    return Reproduction(
        endpoint=endpoint,
        fault=fault or Fault(kind=row.id),
        curl=curl,
        diagnosis=tenant.diagnosis(endpoint),
    )


def look_at(tenant: TenantClient, row: FaultRow, platform: Platform, endpoint: str) -> ExecResult:
    """Let curl, and the program that shows the fault if there is one, try on a device; what curl said."""
    look = row.on(platform)
    if look.tries:
        tenant.exec(endpoint, list(look.tries))
    return tenant.exec(endpoint, ["curl", "-sS", row.url], env=_environment(tenant, endpoint, row.url))


def _environment(tenant: TenantClient, endpoint: str, url: str) -> dict[str, str]:
    """What leads curl the way that the agent would go first: it knows neither PAC files nor discovery."""
    ways = tenant.route(endpoint, url).ways
    if not ways or ways[0].proxy is None:
        return {"NO_PROXY": "*", "no_proxy": "*"}
    return dict.fromkeys(("HTTPS_PROXY", "https_proxy", "http_proxy"), str(ways[0]))
