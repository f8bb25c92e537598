"""The lab itself: its tenants and what can be done to them. The control API's calls are thin shells round these verbs."""

import asyncio
import logging
import secrets
from datetime import UTC, datetime
from pathlib import Path

from mdelab import __version__
from mdelab.diagnosis import diagnose
from mdelab.lab import network, people
from mdelab.lab.backend import Backend, Device, Identity
from mdelab.lab.embedded import Embedded
from mdelab.lab.evidence import EvidenceStore
from mdelab.lab.faults import FaultKeeper
from mdelab.lab.refusals import Exists, Unknown
from mdelab.lab.spec import LabSpec, TenantSection
from mdelab.lab.time import TimeKeeper, end_of
from mdelab.lab.wire import (
    UNCHANGED,
    Accounting,
    ApiApp,
    ClockInfo,
    ClockMove,
    Diagnosis,
    DiagnosisLine,
    EndpointChange,
    EndpointInfo,
    ExecRequest,
    ExecResult,
    FileContent,
    FileWrite,
    FleetCounts,
    FleetOrder,
    FleetRange,
    LabInfo,
    LicenceReport,
    PacAnswer,
    PackageInfo,
    PackageOrder,
    PacQuestion,
    Placing,
    RouteQuestion,
    TenantInfo,
    TenantSpec,
    UserChange,
    UserInfo,
)
from mdelab.model.clock import Clock, ClockMode
from mdelab.model.device import DeviceSpec
from mdelab.model.errors import LabError
from mdelab.model.evidence import Connection, Evidence
from mdelab.model.licence import Subscription
from mdelab.model.package import Kind
from mdelab.model.route import Route
from mdelab.model.site import Site
from mdelab.model.tenant import Directory, HopPolicy, Tenant, new_tenant

_log = logging.getLogger(__name__)


class _TenantRoom:
    """What the lab keeps of one tenant beside its model."""

    def __init__(self, tenant: Tenant, api: ApiApp, backend: Backend) -> None:
        self.tenant = tenant
        self.api = api
        self.devices: dict[str, Device] = {}
        self.faults = FaultKeeper(tenant, self.devices, backend)
        self.fleets: dict[str, FleetCounts] = {}
        self.sent_by_removed = 0
        """Events that endpoints made which are gone by now."""


class Lab:
    """One running lab."""

    def __init__(self, folder: Path, spec: LabSpec, *, pid: int) -> None:
        self.id = secrets.token_hex(4)
        self.spec = spec
        self.started = datetime.now(UTC)
        self.ended = asyncio.Event()
        """Set when the lab was asked to stop."""
        self._folder = folder
        self._pid = pid
        self._directory = Directory()
        self._evidence = EvidenceStore(self._directory)
        self._time = TimeKeeper()
        self.backend: Backend = Embedded(folder, self.id, self._directory, self._evidence)
        self._rooms: dict[str, _TenantRoom] = {}

    async def start(self) -> None:
        """Start the backend and make what the spec asks for."""
        await self.backend.start()
        for section in self.spec.tenant:
            await self._furnish(section)

    async def stop(self) -> None:
        for room in list(self._rooms.values()):
            try:
                await self._time.forget(room.tenant)
            except Exception:
                _log.exception("the clock of tenant %r did not stop; the lab ends all the same", room.tenant.name)
        await self.backend.stop()

    def info(self) -> LabInfo:
        host, port = self.backend.entrance
        return LabInfo(
            id=self.id,
            name=self.spec.lab.name,
            version=__version__,
            backend=self.backend.name,
            seed=self.spec.lab.seed,
            profile=self.spec.lab.profile,
            pid=self._pid,
            folder=str(self._folder),
            entrance=f"http://{host}:{port}",
            ca_file=str(self.backend.ca_file),
            default_tenant=self.spec.tenant[0].name if self.spec.tenant else "",
        )

    # Tenants

    def tenants(self) -> list[TenantInfo]:
        return [self._tenant_info(room) for room in self._rooms.values()]

    def tenant(self, name: str) -> TenantInfo:
        return self._tenant_info(self._room(name))

    async def add_tenant(self, spec: TenantSpec) -> TenantInfo:
        name = spec.name or f"tenant-{len(self._rooms) + 1}-{secrets.token_hex(3)}"
        if any(room.tenant.name == name for room in self._rooms.values()):
            raise Exists(
                f"a tenant called {name!r} exists already. Give the new one a name of its own, or delete that one."
            )
        tenant = new_tenant(
            name=name,
            scenario=spec.scenario or name,
            seed=self.spec.lab.seed,
            clock=Clock(ClockMode(spec.clock)),
            evidence=spec.evidence,
        )
        if tenant.id in self._rooms:
            # The same scenario runs twice on one lab, as with `do` or repeated runs: same stream, ids of its own.
            tenant.id = f"{tenant.id[:-12]}{secrets.token_hex(6)}"
            tenant.org_id = f"{tenant.org_id[:-12]}{secrets.token_hex(6)}"
        room = _TenantRoom(tenant, await self.backend.add_tenant(tenant, spec.subscription), self.backend)
        self._rooms[tenant.id] = room
        self._directory.add(tenant)
        self._time.watch(tenant)
        return self._tenant_info(room)

    async def remove_tenant(self, name: str) -> None:
        room = self._room(name)
        del self._rooms[room.tenant.id]
        await self._time.forget(room.tenant)
        await self.backend.remove_tenant(room.tenant)
        self._directory.remove(room.tenant)
        self._evidence.forget(room.tenant.id)

    def clock(self, name: str) -> ClockInfo:
        return _clock_info(self._room(name).tenant.clock)

    async def move_clock(self, name: str, move: ClockMove) -> ClockInfo:
        tenant = self._room(name).tenant
        await self._time.move(tenant, end_of(move, tenant.clock.now()), step=move.step)
        return _clock_info(tenant.clock)

    # Licences, users and identity

    async def licences(self, name: str) -> LicenceReport:
        return await self.backend.licences(self._room(name).tenant)

    async def subscribe(self, name: str, subscription: Subscription) -> LicenceReport:
        """The tenant has this subscription from now on, and a trial begins now."""
        await self.backend.subscribe(self._room(name).tenant, subscription)
        return await self.licences(name)

    async def users(self, name: str) -> list[UserInfo]:
        """The people whose devices the tenant has."""
        owners = {info.spec.user for info in await self.endpoints(name)}
        return [await self.user(name, account) for account in sorted(owners)]

    async def user(self, name: str, account: str, change: UserChange = UNCHANGED) -> UserInfo:
        """Somebody of the tenant, after the change, whether a device is theirs or not."""
        tenant = self._room(name).tenant
        rights = await self.backend.change_user(tenant, account, change)
        devices = [info.name for info in await self.endpoints(name) if info.spec.user == account]
        return UserInfo(person=people.person(tenant, account), devices=devices, rights=rights)

    def identity(self, name: str) -> Identity:
        return self.backend.identity(self._room(name).tenant)

    # Hops

    def hops(self, name: str) -> list[HopPolicy]:
        return list(self._room(name).tenant.hops.values())

    async def put_hop(self, name: str, policy: HopPolicy) -> HopPolicy:
        return await network.put_hop(self.backend, self._room(name).tenant, policy)

    async def remove_hop(self, name: str, hop: str) -> None:
        await network.remove_hop(self.backend, self._room(name).tenant, hop)

    def site(self, name: str) -> Site:
        return self._room(name).tenant.site

    async def put_site(self, name: str, site: Site) -> Site:
        return await network.put_site(self.backend, self._room(name).tenant, site)

    async def judge_pac(self, name: str, question: PacQuestion) -> PacAnswer:
        """What a PAC file is worth, by the names that the tenant's devices can resolve."""
        return await self.backend.judge_pac(self._room(name).tenant, question)

    def faults(self, name: str) -> FaultKeeper:
        """The tenant's faults, and what can be done about them."""
        return self._room(name).faults

    # Endpoints

    async def endpoints(self, name: str) -> list[EndpointInfo]:
        return [await device.info() for device in self._room(name).devices.values()]

    async def endpoint(self, name: str, endpoint: str) -> EndpointInfo:
        return await self._device(name, endpoint).info()

    async def add_endpoint(self, name: str, spec: DeviceSpec) -> EndpointInfo:
        room = self._room(name)
        spec = people.complete(room.tenant, spec, room.devices)
        spec.check()
        if spec.name in room.devices:
            raise Exists(
                f"tenant {room.tenant.name!r} has an endpoint {spec.name!r} already. Choose another name, or remove that one."
            )
        network.check_hops(room.tenant, (spec.proxy, spec.pac), spec.trusts)
        device = room.devices[spec.name] = await self.backend.add_endpoint(room.tenant, spec)
        await room.faults.device_added(device)
        return await device.info()

    async def change_endpoint(self, name: str, endpoint: str, change: EndpointChange) -> EndpointInfo:
        device = self._device(name, endpoint)
        network.check_hops(self._room(name).tenant, (change.proxy or "", change.pac or ""), change.trusts or ())
        await device.change(change)
        return await device.info()

    async def remove_endpoint(self, name: str, endpoint: str) -> None:
        room = self._room(name)
        made, _ = await self._device(name, endpoint).counts()
        room.sent_by_removed += made
        del room.devices[endpoint]
        await self.backend.remove_endpoint(room.tenant, endpoint)

    async def execute(self, name: str, endpoint: str, ask: ExecRequest) -> ExecResult:
        if not ask.argv or not ask.argv[0]:
            raise LabError("no program was named. Give the program and its arguments, such as ['mdatp', 'health'].")
        return await self._time.run(self._room(name).tenant, self._device(name, endpoint).execute(ask))

    async def route(self, name: str, endpoint: str, ask: RouteQuestion) -> Route:
        return await self._time.run(self._room(name).tenant, self._device(name, endpoint).route(ask.url))

    # Files

    async def files(self, name: str, endpoint: str) -> list[str]:
        return await self._device(name, endpoint).files()

    async def read_file(self, name: str, endpoint: str, path: str) -> FileContent:
        return await self._device(name, endpoint).read_file(path)

    async def write_file(self, name: str, endpoint: str, path: str, write: FileWrite) -> FileContent:
        return await self._device(name, endpoint).write_file(path, write)

    async def remove_file(self, name: str, endpoint: str, path: str) -> None:
        await self._device(name, endpoint).remove_file(path)

    # What was seen

    async def package(self, name: str, order: PackageOrder) -> PackageInfo:
        return await self.backend.package(self._room(name).tenant, order)

    async def place_package(self, name: str, endpoint: str, kind: Kind, placing: Placing) -> None:
        """Put a package where the platform keeps it: a file, a property list, the registry."""
        device = self._device(name, endpoint)
        blob = placing.blob
        if not blob:
            order = PackageOrder(kind=kind, platform=(await device.info()).platform)
            blob = (await self.package(name, order)).blob
        await device.place_package(kind, blob)

    async def remove_package(self, name: str, endpoint: str, kind: Kind) -> None:
        await self._device(name, endpoint).remove_package(kind)

    async def evidence(self, name: str, endpoint: str, after: int) -> list[Evidence]:
        await self.backend.flush()
        return self._evidence.of(self._room(name).tenant.id, endpoint=self._known(name, endpoint), after=after)

    async def connections(self, name: str, endpoint: str, after: int) -> list[Connection]:
        await self.backend.flush()
        return self._evidence.connections(self._room(name).tenant.id, endpoint=self._known(name, endpoint), after=after)

    async def diagnosis(self, name: str, endpoint: str) -> Diagnosis:
        self._device(name, endpoint)
        finding = diagnose(endpoint, await self.connections(name, endpoint, 0))
        return Diagnosis(
            endpoint=endpoint,
            layer=finding.layer,
            cause=finding.cause,
            summary=finding.summary,
            evidence=[DiagnosisLine(observer=observer, text=text) for observer, text in finding.lines],
            fix=finding.fix,
            basis=str(finding.basis),
            source=finding.source,
        )

    async def accounting(self, name: str, endpoint: str) -> Accounting:
        room = self._room(name)
        if endpoint:
            devices = [self._device(name, endpoint)]
            sent, waiting = 0, 0
        else:
            devices = list(room.devices.values())
            sent = room.sent_by_removed + sum(counts.sent for counts in room.fleets.values())
            waiting = sum(counts.waiting for counts in room.fleets.values())
        counts = [await device.counts() for device in devices]
        received, stored, duplicates = await self.backend.accounting(room.tenant, endpoint)
        return Accounting(
            sent=sent + sum(made for made, _ in counts),
            waiting=waiting + sum(left for _, left in counts),
            received=received,
            stored=stored,
            duplicates=duplicates,
        )

    # Fleets

    def add_fleet(self, name: str, order: FleetOrder) -> FleetRange:
        if not 1 <= order.count <= 100_000:
            raise LabError(f"a fleet of {order.count} endpoints is not possible. Ask for 1 to 100,000.")
        room = self._room(name)
        names = [f"{order.prefix}-{number}" for number in range(1, order.count + 1)]
        room.fleets[order.prefix] = FleetCounts(sent=0, waiting=0)
        return self.backend.add_fleet(room.tenant, names)

    def count_fleet(self, name: str, prefix: str, counts: FleetCounts) -> None:
        room = self._room(name)
        if prefix not in room.fleets:
            raise Unknown("fleet", prefix, list(room.fleets))
        room.fleets[prefix] = counts

    # Inside

    async def _furnish(self, section: TenantSection) -> None:
        """Make the tenant that the spec describes."""
        info = await self.add_tenant(
            TenantSpec(name=section.name, clock=section.clock, subscription=section.subscription)
        )
        for hop in section.hop:
            await self.put_hop(info.id, hop)
        await self.put_site(info.id, section.site)
        made = [await self.add_endpoint(info.id, endpoint.device()) for endpoint in section.endpoint]
        for fault in section.fault:
            await self.faults(info.id).put(fault)
        for device, endpoint in zip(made, section.endpoint, strict=True):
            if endpoint.onboarded:
                await self.place_package(info.id, device.name, "onboarding", Placing())

    def _room(self, name: str) -> _TenantRoom:
        room = self._rooms.get(name) or next((room for room in self._rooms.values() if room.tenant.name == name), None)
        if room is None:
            raise Unknown("tenant", name, [room.tenant.name for room in self._rooms.values()])
        return room

    def _device(self, name: str, endpoint: str) -> Device:
        room = self._room(name)
        try:
            return room.devices[endpoint]
        except KeyError as error:
            raise Unknown("endpoint", endpoint, list(room.devices)) from error

    def _known(self, name: str, endpoint: str) -> str:
        """`endpoint`, after a check that it is there; "" stands for all."""
        if endpoint:
            self._device(name, endpoint)
        return endpoint

    def _tenant_info(self, room: _TenantRoom) -> TenantInfo:
        tenant = room.tenant
        return TenantInfo(
            id=tenant.id,
            org_id=tenant.org_id,
            name=tenant.name,
            scenario=tenant.scenario,
            clock=_clock_info(tenant.clock),
            api=room.api,
            hops=list(tenant.hops.values()),
            endpoints=list(room.devices),
        )


def _clock_info(clock: Clock) -> ClockInfo:
    return ClockInfo(mode=clock.mode.value, now=clock.now(), next_due=clock.next_due())
