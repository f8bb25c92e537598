"""What carries the traffic of a lab: cloud and hops in one process, and the places of its devices.

Each endpoint has a loopback source address of its own, by which shared hops and the cloud know whose traffic it is.
Only the inspecting proxy is a process of its own. What is chosen here is where things listen; what they do is theirs.
"""

import asyncio
import logging
import shutil
from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import timedelta
from functools import partial
from pathlib import Path

from mdelab import catalogue
from mdelab.cloud import Cloud, Signer
from mdelab.endpoint.pac.worker import ScriptWorker
from mdelab.lab.administrator import Administrator
from mdelab.lab.authority import Authority
from mdelab.lab.backend import Backend, Device
from mdelab.lab.customer import Customer
from mdelab.lab.evidence import EvidenceStore
from mdelab.lab.ground import LOOPBACK, Ground
from mdelab.lab.pac import judge
from mdelab.lab.places import LoopbackPlaces, Place, Places, loopback_addresses
from mdelab.lab.slots import SLOTS, site_address
from mdelab.lab.time import TimeKeeper
from mdelab.lab.wire import (
    ApiApp,
    FleetRange,
    LicenceReport,
    PacAnswer,
    PackageInfo,
    PackageOrder,
    PacQuestion,
    UserChange,
    UserRights,
)
from mdelab.model.attachment import Attachment
from mdelab.model.device import DeviceSpec
from mdelab.model.errors import LabError
from mdelab.model.fault import InForce
from mdelab.model.licence import Subscription
from mdelab.model.pac_file import PATHS
from mdelab.model.tenant import Directory, HopKind, HopPolicy, Tenant
from mdelab.model.work import Address
from mdelab.model.zone import Zone
from mdelab.network.dns import Dns
from mdelab.network.entrance import Entrance
from mdelab.network.external import ExternalProxies
from mdelab.network.gateway import Gateway
from mdelab.network.inspector import Inspector
from mdelab.network.pac import PacServer
from mdelab.network.portal import Showing
from mdelab.network.tunnel import TunnelProxy

_log = logging.getLogger(__name__)


class Embedded:
    """Everything of a lab that carries traffic, on loopback."""

    def __init__(
        self,
        folder: Path,
        lab_id: str,
        directory: Directory,
        evidence: EvidenceStore,
        *,
        ground: Ground = LOOPBACK,
        places: Places | None = None,
    ) -> None:
        """places: for its devices; loopback when None."""
        self.name = ground.backend
        self._ground = ground
        self._folder = folder
        self._directory = directory
        self._evidence = evidence
        self._lab_id = lab_id
        self._scripts = ScriptWorker()
        """Runs the PAC scripts of every tenant; its process starts with the first of them."""
        self._addresses = loopback_addresses()
        self._stack = AsyncExitStack()
        self._places = places or LoopbackPlaces(self._devices_folder, self._addresses, evidence.record, self._scripts)
        self._sources: dict[str, str] = {}
        self._taken: dict[tuple[str, str], Place] = {}
        self._proxies: dict[str, dict[str, str]] = {}
        self._pac_urls: dict[str, dict[str, str]] = {}
        self._interception: dict[str, dict[str, Path]] = {}
        self._inspector_starts = asyncio.Lock()
        self._inspector: Inspector | None = None
        self._revival: asyncio.Task[None] | None = None
        self._slots: dict[HopKind, list[Address]] = {}

    async def start(self) -> None:
        """Start what every lab needs. When something cannot start, what was started is stopped."""
        try:
            await self._start()
        except BaseException:
            await self.stop()
            raise

    async def _start(self) -> None:
        sink = self._evidence.record
        self._authority = authority = Authority(self._folder / "certificates", self._lab_id)
        self.ca_file = authority.cloud_root_file
        signed = authority.package_signer
        self._cloud = Cloud(
            folder=self._folder / "cloud",
            tls=authority.server_context(),
            flawed=authority.flawed_contexts(),
            signer=Signer(key=signed.key, certificate=signed.certificate, chain=(authority.package_root,)),
            directory=self._directory,
            sink=sink,
            lab_id=self._lab_id,
        )
        ground = self._ground
        await self._cloud.start(ground.cloud, ground.https_port, ground.http_port)
        self._stack.push_async_callback(self._cloud.stop)
        self._ports = {(ground.cloud, 443): self._cloud.https, (ground.cloud, 80): self._cloud.http}
        self._zone = zone = Zone(
            lambda host: catalogue.service_for(host) is not None, ground.cloud, self._ports, self._sources
        )
        dns = Dns(self._directory, zone, sink)
        self._resolver = await dns.start(ground.dns, ground.dns_port)
        self._stack.push_async_callback(dns.stop)
        self._tunnel = tunnel = TunnelProxy(self._directory, zone, sink, self._lab_id)
        self._slots["tunnel"] = await tunnel.start(ground.hops, slots=SLOTS)
        self._stack.push_async_callback(tunnel.stop)
        self._stack.push_async_callback(self._scripts.stop)
        pac = PacServer(self._directory, sink, self._lab_id)
        self._slots["pac"] = await pac.start(ground.hops, slots=SLOTS)
        self._stack.push_async_callback(pac.stop)
        self._gateway = Gateway(self._directory, zone, sink, Showing(authority.portal_context(), authority.portal_name))
        await self._gateway.start(ground.hops)
        self._stack.push_async_callback(self._gateway.stop)
        external = ExternalProxies(self._directory, sink, self._lab_id)
        self._slots["external"] = await external.start(ground.hops, slots=SLOTS)
        self._stack.push_async_callback(external.stop)
        entrance = Entrance(zone, sink, self._lab_id, external.claim)
        host, port = await entrance.start(ground.entrance, ground.entrance_port)
        self.entrance = ground.published or f"http://{host}:{port}"
        self._stack.push_async_callback(entrance.stop)

    async def stop(self) -> None:
        if self._revival is not None:
            self._revival.cancel()
        await asyncio.gather(*(place.leave() for place in self._taken.values()))
        self._taken.clear()
        await self._stack.aclose()

    async def add_tenant(self, tenant: Tenant, subscription: Subscription) -> ApiApp:
        client_id, client_secret = self._cloud.add_tenant(tenant, subscription)
        self._proxies[tenant.id] = {}
        self._pac_urls[tenant.id] = {}
        self._interception[tenant.id] = {}
        return ApiApp(client_id=client_id, client_secret=client_secret)

    async def remove_tenant(self, tenant: Tenant) -> None:
        names = [name for tenant_id, name in self._taken if tenant_id == tenant.id]
        await asyncio.gather(*(self.remove_endpoint(tenant, name) for name in names))
        self._cloud.remove_tenant(tenant)
        del self._proxies[tenant.id], self._pac_urls[tenant.id], self._interception[tenant.id]
        folder = self._devices_folder / tenant.id
        if folder.exists():
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)

    async def put_hop(self, tenant: Tenant, policy: HopPolicy) -> None:
        """Make the tenant's hop act as `policy` says from the next request on."""
        if policy.kind == "inspecting":
            await self._ensure_inspector()
            self._interception[tenant.id][policy.name] = self._authority.interception_file
        host, port = self._slots[policy.kind][policy.slot]
        address, usual = site_address(policy)
        for asked in (usual, *policy.ports):
            self._ports[address, asked] = (host, port)
        self._proxies[tenant.id].pop(policy.name, None)
        if policy.kind != "pac":
            self._proxies[tenant.id][policy.name] = f"http://{host}:{port}"
        await self.put_site(tenant)
        self._tunnel.revise()
        await self._tell_inspector(tenant)

    async def put_site(self, tenant: Tenant) -> None:
        """Make the names of the tenant's site lead where its hops and its site say."""
        hops = {f"{hop.name}.{tenant.site.suffix}": hop.name for hop in tenant.hops.values()}
        records = {**hops, **tenant.site.records()}
        tenant.names = {name: site_address(tenant.hops[hop])[0] for name, hop in records.items() if hop in tenant.hops}
        self._pac_urls[tenant.id].clear()
        for name, hop in hops.items():
            if tenant.hops[hop].kind == "pac":
                self._pac_urls[tenant.id][hop] = f"http://{name}{PATHS[0]}"
        await asyncio.gather(*(place.hops_changed() for place in self._places_of(tenant)))

    async def judge_pac(self, tenant: Tenant, question: PacQuestion) -> PacAnswer:
        async def resolve(host: str) -> str | None:
            return self._zone.resolve(host) or tenant.names.get(host)

        return await judge(self._scripts, question, resolve, tenant.clock.now())

    async def remove_hop(self, tenant: Tenant, name: str) -> None:
        self._proxies[tenant.id].pop(name, None)
        self._interception[tenant.id].pop(name, None)
        await self.put_site(tenant)
        await self._tell_inspector(tenant)

    async def faults_changed(self, tenant: Tenant) -> None:
        await self._tell_inspector(tenant)
        await asyncio.gather(*(place.reconnect() for place in self._places_of(tenant)))

    async def begin_host_fault(self, tenant: Tenant, endpoint: str, fault: InForce) -> None:
        await self._taken[tenant.id, endpoint].begin_fault(fault)

    async def end_host_fault(self, tenant: Tenant, endpoint: str, fault_id: str) -> None:
        await self._taken[tenant.id, endpoint].end_fault(fault_id)

    async def add_endpoint(self, tenant: Tenant, spec: DeviceSpec) -> Device:
        place = self._taken[tenant.id, spec.name] = await self._places.take(tenant, spec)
        for address in (place.address, place.onward):
            self._directory.bind(address, tenant, spec.name)
        self._sources[place.address] = place.onward
        attachment = Attachment(
            address=place.address,
            resolver=self._resolver,
            ports=self._ports,
            lead=partial(self._lead, place.address),
            proxies=self._proxies[tenant.id],
            pac_urls=self._pac_urls[tenant.id],
            root_set=self._authority.cloud_root_file,
            public_roots=self._authority.cloud_root_file,
            interception_cas=self._interception[tenant.id],
            package_roots=self._authority.package_root_file,
        )
        await self._tell_inspector(tenant)
        try:
            return await place.switch_on(attachment)
        except BaseException:
            await self.remove_endpoint(tenant, spec.name)
            raise

    async def remove_endpoint(self, tenant: Tenant, name: str) -> None:
        place = self._taken.pop((tenant.id, name))
        await place.leave()
        for address in (place.address, place.onward):
            self._directory.release(address)
        del self._sources[place.address]
        if self._inspector is not None:
            await self._inspector.forget(place.address)

    async def tell_time(self, tenant: Tenant) -> None:
        await asyncio.gather(*(place.tell_time() for place in self._places_of(tenant)))

    async def look(self, tenant: Tenant) -> None:
        await asyncio.gather(*(place.look() for place in self._places_of(tenant)))

    def add_fleet(self, tenant: Tenant, names: list[str]) -> FleetRange:
        if self._ground.backend != "embedded":
            raise LabError(
                "a fleet's agents run on this machine's loopback, and this lab is in containers, where loopback does not "
                "lead. Load a lab that was started without --backend docker."
            )
        addresses = [next(self._addresses) for _ in names]
        for address, name in zip(addresses, names, strict=True):
            self._directory.bind(address, tenant, name)
        return FleetRange(
            addresses=addresses,
            resolver=self._resolver,
            ports=list(self._ports.items()),
            root_set=str(self._authority.cloud_root_file),
            public_roots=str(self._authority.cloud_root_file),
            package_roots=str(self._authority.package_root_file),
        )

    async def package(self, tenant: Tenant, order: PackageOrder) -> PackageInfo:
        file_name, members, blob, expires = self._cloud.package(
            tenant,
            kind=order.kind,
            platform=order.platform,
            method=order.method,
            connectivity=order.connectivity,
            geography=order.geography,
            user=order.user,
            age=timedelta(seconds=order.age_s),
        )
        return PackageInfo(file_name=file_name, members=members, blob=blob, expires=expires)

    async def licences(self, tenant: Tenant) -> LicenceReport:
        return Customer(self._cloud.estate(tenant)).licences()

    async def subscribe(self, tenant: Tenant, subscription: Subscription) -> None:
        Customer(self._cloud.estate(tenant)).subscribe(subscription)

    async def change_user(self, tenant: Tenant, account: str, change: UserChange) -> UserRights:
        return Customer(self._cloud.estate(tenant)).change_user(account, change)

    def identity(self, tenant: Tenant) -> Administrator:
        return Administrator(self._cloud.estate(tenant), self._cloud.keys)

    async def accounting(self, tenant: Tenant, endpoint: str) -> tuple[int, int, int]:
        return self._cloud.accounting(tenant, endpoint)

    async def flush(self) -> None:
        await asyncio.gather(*(place.look() for place in self._taken.values()))
        if self._inspector is not None:
            await self._inspector.flush()

    def children(self) -> list[int]:
        """The process ids that this backend started."""
        pids = (self._inspector.pid if self._inspector is not None else None, self._scripts.pid)
        return [pid for pid in pids if pid]

    def _on_hold(self, client: Address, begins: bool) -> None:
        """The inspecting process keeps a connection waiting, or does so no more."""
        if caller := self._directory.caller(client[0]):
            (caller.tenant.work.hold if begins else caller.tenant.work.release)(client)

    async def _lead(self, client: str, host: str, port: int) -> Address | None:
        return self._gateway.lead(client, host, port)

    @property
    def _devices_folder(self) -> Path:
        return self._folder / "endpoints"

    def _places_of(self, tenant: Tenant) -> list[Place]:
        return [place for (tenant_id, _), place in self._taken.items() if tenant_id == tenant.id]

    async def _ensure_inspector(self) -> None:
        """Start the inspecting process when it is first needed, and again when it has ended."""
        async with self._inspector_starts:
            if self._inspector is None:
                self._inspector = Inspector(
                    folder=self._folder / "inspector",
                    ca_pem=self._authority.interception_key_file,
                    upstream_roots=self._authority.cloud_root_file,
                    zone=self._zone,
                    sink=self._evidence.record,
                    on_hold=self._on_hold,
                    lab_id=self._lab_id,
                )
                self._stack.push_async_callback(self._inspector.stop)
            if not self._inspector.is_running:
                self._slots["inspecting"] = await self._inspector.start(self._ground.hops, slots=SLOTS)
                self._revival = asyncio.create_task(self._revive(self._inspector))

    async def _revive(self, inspector: Inspector) -> None:
        """Start the inspecting process again when it ends by itself: its hops belong to every tenant."""
        await inspector.ended()
        _log.error("the inspecting proxy has ended by itself; it is started again")
        await self._ensure_inspector()

    async def _tell_inspector(self, tenant: Tenant) -> None:
        """Give the inspecting process the policies of the tenant's endpoints."""
        policies = {hop.slot: hop for hop in tenant.hops.values() if hop.kind == "inspecting"}
        if self._inspector is None or (not policies and not self._interception[tenant.id]):
            return
        await self._ensure_inspector()
        faults = [fault for fault in tenant.faults if "inspecting" in fault.places]
        for (tenant_id, name), place in list(self._taken.items()):
            if tenant_id == tenant.id:
                await self._inspector.update(place.address, policies, endpoint=name, faults=faults)


Builder = Callable[[Path, str, Directory, EvidenceStore, TimeKeeper], Backend]
"""Makes what carries a lab's traffic, from its folder, its id, and what it keeps of its tenants."""


def embedded(folder: Path, lab_id: str, directory: Directory, evidence: EvidenceStore, keeper: TimeKeeper) -> Backend:
    """Everything in this process, on loopback."""
    return Embedded(folder, lab_id, directory, evidence)
