"""A tenant: the unit of isolation, and the directory by which shared hops and the cloud know who called.

Each tenant has its own clock, work ledger, seed stream, devices and hop policies. One warm hop serves every tenant: it
looks the policy up by the client's address.
"""

import random
import re
from dataclasses import dataclass, field
from typing import Literal

import msgspec

from mdelab.model.clock import Clock
from mdelab.model.errors import LabError
from mdelab.model.evidence import OBSERVERS
from mdelab.model.fault import Faults
from mdelab.model.pac_file import PacFile
from mdelab.model.proxy import parse_proxy
from mdelab.model.seeds import derive, guid, stream
from mdelab.model.site import Site
from mdelab.model.work import Work

HopKind = Literal["tunnel", "inspecting", "pac", "external"]
"""`pac` is a web server inside the tenant's network that serves its PAC file; the others are proxies, `external` a user's own."""


_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


class HopPolicy(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one hop of a tenant does with the tenant's traffic."""

    name: str
    """The tenant's name for it, such as `corp-proxy`; the observer in its evidence."""
    kind: HopKind
    """`tunnel` passes bytes on unread; `inspecting` ends TLS and opens it anew with the interception CA; `pac` serves files.

    `external` hands requests to a proxy that is not the lab's, and has the lab's entrance as its upstream.
    """
    address: str = ""
    """Where an `external` hop's proxy listens, as the lab reaches it: `host:port`."""
    auth: Literal["", "basic", "negotiate", "ntlm", "digest"] = ""
    """Answer 407 with this challenge to every client that brings no credentials."""
    exempt: tuple[str, ...] = ()
    """Host name patterns that an inspecting hop passes on unread."""
    refuse: dict[str, int] = {}
    """Host name pattern -> status with which CONNECT is refused, such as 403."""
    ports: tuple[int, ...] = ()
    """More ports on which devices find it under its names; a proxy always has 8080, a `pac` hop 80."""
    pac: PacFile = PacFile()
    """What a `pac` hop answers for /proxy.pac and /wpad.dat."""
    slot: int = 0
    """Which listener of its kind it is in the tenant: shared hops listen once for each slot. Hops of one kind are numbered."""

    def check(self) -> None:
        """Raise LabError for a hop that cannot be."""
        if not _NAME.fullmatch(self.name) or self.name in OBSERVERS:
            why = (
                "evidence has an observer of that name" if self.name in OBSERVERS else "devices find a hop by its name"
            )
            raise LabError(
                f"a hop cannot be called {self.name!r}: {why}. "
                "Use lower case letters, digits and dashes, at most 63, such as 'corp-proxy'."
            )
        if wrong := [port for port in self.ports if not 1 <= port <= 65_535]:
            raise LabError(f"hop {self.name!r} has the port {wrong[0]}. Give a number from 1 to 65535.")
        self.pac.check()
        self._check_external()

    def _check_external(self) -> None:
        if self.kind != "external":
            if self.address:
                raise LabError(
                    f"hop {self.name!r} is {self.kind} and has the address {self.address!r}, which only an external one has. "
                    "Leave the address out, or make the hop external."
                )
            return
        parse_proxy(self.address, where=f"the address of the external hop {self.name!r}", form="host-port")
        plain = HopPolicy(name=self.name, kind=self.kind)
        for name in ("auth", "exempt", "refuse"):
            if (value := getattr(self, name)) != getattr(plain, name):
                raise LabError(
                    f"hop {self.name!r} is external and has {name} = {value!r}: what a proxy of your own does is set in that "
                    f"proxy. Leave {name} out."
                )


@dataclass(slots=True, kw_only=True, eq=False)
class Tenant:
    """One tenant while it lives in a process of the lab."""

    id: str
    """GUID: the Entra tenant id."""
    org_id: str
    """GUID: the Defender organisation id that packages carry."""
    name: str
    scenario: str
    """What the seed stream is derived from: the scenario's id, or the name for a tenant that a person made."""
    seed: int
    """The lab's seed."""
    clock: Clock = field(default_factory=Clock)
    work: Work = field(default_factory=Work)
    evidence: Literal["all", "failures"] = "all"
    """Fleets keep the records of failed steps only."""
    hops: dict[str, HopPolicy] = field(default_factory=dict)
    site: Site = field(default_factory=Site)
    names: dict[str, str] = field(default_factory=dict)
    """Names of the tenant's own network and their addresses; the backend keeps them as hops and site say."""
    faults: Faults = field(default_factory=Faults)
    """Those that act now."""

    def hop_at(self, kind: HopKind, slot: int) -> HopPolicy | None:
        """The hop of that kind which answers at a shared hop's listener number `slot`."""
        return next((hop for hop in self.hops.values() if hop.kind == kind and hop.slot == slot), None)

    def stream(self, *names: str) -> random.Random:
        """The random stream of this tenant for a purpose."""
        return stream(self.seed, self.scenario, *names)

    def derive(self, *names: str) -> int:
        return derive(self.seed, self.scenario, *names)


def new_tenant(
    *, name: str, scenario: str, seed: int, clock: Clock, evidence: Literal["all", "failures"] = "all"
) -> Tenant:
    """A tenant whose ids come from its seed stream, so that the same scenario has the same ids in every run."""
    ids = stream(seed, scenario, name, "tenant ids")
    return Tenant(
        id=guid(ids), org_id=guid(ids), name=name, scenario=scenario, seed=seed, clock=clock, evidence=evidence
    )


@dataclass(frozen=True, slots=True)
class Caller:
    """Who stands behind an address."""

    tenant: Tenant
    endpoint: str
    """The endpoint's name in its tenant."""


class Directory:
    """Tenants by id, and endpoints by source address. One for each process of the lab."""

    def __init__(self) -> None:
        self._tenants: dict[str, Tenant] = {}
        self._callers: dict[str, Caller] = {}

    def add(self, tenant: Tenant) -> None:
        self._tenants[tenant.id] = tenant

    def remove(self, tenant: Tenant) -> None:
        """Forget the tenant and every address of it."""
        self._tenants.pop(tenant.id, None)
        for address in [address for address, caller in self._callers.items() if caller.tenant is tenant]:
            del self._callers[address]

    def bind(self, address: str, tenant: Tenant, endpoint: str) -> None:
        """`address` (an IP) belongs to that endpoint from now on."""
        self._callers[address] = Caller(tenant, endpoint)

    def release(self, address: str) -> None:
        self._callers.pop(address, None)

    def tenant(self, tenant_id: str) -> Tenant | None:
        return self._tenants.get(tenant_id)

    def tenants(self) -> list[Tenant]:
        return list(self._tenants.values())

    def caller(self, address: str) -> Caller | None:
        """Who calls from this IP; None for a client that is not an endpoint."""
        return self._callers.get(address)
