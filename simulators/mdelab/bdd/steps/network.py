"""What stands between the endpoints and the cloud: proxies, and what they let through."""

import msgspec

from mdelab.bdd.registry import given, when
from mdelab.bdd.words import Proxy
from mdelab.catalogue.services import pinned_hosts
from mdelab.lab.client import TenantClient
from mdelab.model.errors import LabError
from mdelab.model.tenant import HopPolicy


def furnish(tenant: TenantClient, proxy: Proxy) -> str:
    """The name of the tenant's hop for `proxy`, which is made if it can be and is not there."""
    known = {hop.name for hop in tenant.hops()}
    if proxy.name not in known:
        if proxy.kind is None:
            listed = ", ".join(sorted(known)) or "none"
            raise LabError(f"the tenant has no proxy {proxy.name!r}. Known: {listed}. Or say `an inspecting proxy`.")
        tenant.put_hop(HopPolicy(name=proxy.name, kind=proxy.kind, auth="basic" if proxy.is_authenticated else ""))
    return proxy.name


def policy(tenant: TenantClient, proxy: Proxy) -> HopPolicy:
    """What the proxy does now."""
    name = furnish(tenant, proxy)
    return next(hop for hop in tenant.hops() if hop.name == name)


@given("{proxy:Proxy} that asks for {scheme:Scheme} credentials")
def challenging(tenant: TenantClient, proxy: Proxy, scheme: str) -> None:
    """It answers 407 to a client that brings none."""
    tenant.put_hop(msgspec.convert({**msgspec.to_builtins(policy(tenant, proxy)), "auth": scheme}, HopPolicy))


@given("proxy {hop:Name} is a proxy of ours at {address:Quoted}")
def external(tenant: TenantClient, hop: str, address: str) -> None:
    """Its upstream is the lab's entrance, which `mdelab status` prints. address: `host:port`."""
    tenant.put_hop(HopPolicy(name=hop, kind="external", address=address))


@when("{proxy:Proxy} lets anonymous traffic through")
def permits_anonymous(tenant: TenantClient, proxy: Proxy) -> None:
    """It asks nobody for credentials any more."""
    tenant.put_hop(msgspec.structs.replace(policy(tenant, proxy), auth=""))


@when("{proxy:Proxy} exempts the Defender hosts from inspection")
def exempts(tenant: TenantClient, proxy: Proxy) -> None:
    """Every host of the documented lists on which the agent pins certificates is passed on unread."""
    tenant.put_hop(msgspec.structs.replace(policy(tenant, proxy), exempt=pinned_hosts()))


@when("{proxy:Proxy} refuses every connection with {status:Count}")
def refuses(tenant: TenantClient, proxy: Proxy, status: int) -> None:
    """Its answer to every CONNECT from now on."""
    tenant.put_hop(msgspec.structs.replace(policy(tenant, proxy), refuse={"*": status}))


@when("{proxy:Proxy} lets connections through again")
def lets_through(tenant: TenantClient, proxy: Proxy) -> None:
    """It refuses nothing any more."""
    tenant.put_hop(msgspec.structs.replace(policy(tenant, proxy), refuse={}))
