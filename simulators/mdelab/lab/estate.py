"""The lab itself: what carries its traffic, and the nouns that its verbs are sorted by.

The control API's calls are thin shells round these verbs. Tenants, endpoints and what was seen have modules of their own; what
is here concerns the lab, or hands a tenant's question on to the part that answers it.
"""

import asyncio
import logging
import secrets
from datetime import UTC, datetime
from pathlib import Path

from mdelab import __version__
from mdelab.lab import network, people
from mdelab.lab.backend import Identity
from mdelab.lab.embedded import Builder, embedded
from mdelab.lab.endpoints import Endpoints
from mdelab.lab.evidence import EvidenceStore
from mdelab.lab.faults import FaultKeeper
from mdelab.lab.rooms import Rooms
from mdelab.lab.seen import Seen
from mdelab.lab.spec import LabSpec, TenantSection
from mdelab.lab.tenants import Tenants
from mdelab.lab.time import TimeKeeper
from mdelab.lab.wire import (
    UNCHANGED,
    LabInfo,
    LicenceReport,
    PacAnswer,
    PacQuestion,
    Placing,
    TenantSpec,
    UserChange,
    UserInfo,
)
from mdelab.model.licence import Subscription
from mdelab.model.site import Site
from mdelab.model.tenant import Directory, HopPolicy

_log = logging.getLogger(__name__)


class Lab:
    """One running lab."""

    def __init__(self, folder: Path, spec: LabSpec, *, pid: int, lab_id: str = "", build: Builder = embedded) -> None:
        """lab_id: made up when "". build: makes what carries its traffic."""
        self.id = lab_id or secrets.token_hex(4)
        self.spec = spec
        self.started = datetime.now(UTC)
        self.ended = asyncio.Event()
        """Set when the lab was asked to stop."""
        self._folder = folder
        self._pid = pid
        self._rooms = Rooms()
        self._time = TimeKeeper()
        directory = Directory()
        evidence = EvidenceStore(directory)
        self.backend = build(folder, self.id, directory, evidence, self._time)
        self._time.elsewhere = self.backend
        self.tenants = Tenants(self._rooms, self.backend, self._time, directory, evidence, spec.lab.seed)
        self.endpoints = Endpoints(self._rooms, self.backend, self._time)
        self.seen = Seen(self._rooms, self.backend, evidence)

    async def start(self) -> None:
        """Start the backend and make what the spec asks for."""
        await self.backend.start()
        for section in self.spec.tenant:
            await self._furnish(section)

    async def stop(self) -> None:
        for room in self._rooms:
            try:
                await self._time.forget(room.tenant)
            except Exception:
                _log.exception("the clock of tenant %r did not stop; the lab ends all the same", room.tenant.name)
        await self.backend.stop()

    def info(self) -> LabInfo:
        return LabInfo(
            id=self.id,
            name=self.spec.lab.name,
            version=__version__,
            backend=self.backend.name,
            seed=self.spec.lab.seed,
            profile=self.spec.lab.profile,
            pid=self._pid,
            folder=str(self._folder),
            entrance=self.backend.entrance,
            ca_file=str(self.backend.ca_file),
            default_tenant=self.spec.tenant[0].name if self.spec.tenant else "",
        )

    # Licences, users and identity

    async def licences(self, name: str) -> LicenceReport:
        return await self.backend.licences(self._rooms[name].tenant)

    async def subscribe(self, name: str, subscription: Subscription) -> LicenceReport:
        """The tenant has this subscription from now on, and a trial begins now."""
        await self.backend.subscribe(self._rooms[name].tenant, subscription)
        return await self.licences(name)

    async def users(self, name: str) -> list[UserInfo]:
        """The people whose devices the tenant has."""
        owners = {info.spec.user for info in await self.endpoints.all(name)}
        return [await self.user(name, account) for account in sorted(owners)]

    async def user(self, name: str, account: str, change: UserChange = UNCHANGED) -> UserInfo:
        """Somebody of the tenant, after the change, whether a device is theirs or not."""
        tenant = self._rooms[name].tenant
        rights = await self.backend.change_user(tenant, account, change)
        devices = [info.name for info in await self.endpoints.all(name) if info.spec.user == account]
        return UserInfo(person=people.person(tenant, account), devices=devices, rights=rights)

    def identity(self, name: str) -> Identity:
        return self.backend.identity(self._rooms[name].tenant)

    # What stands between a tenant's devices and the cloud

    def hops(self, name: str) -> list[HopPolicy]:
        return list(self._rooms[name].tenant.hops.values())

    async def put_hop(self, name: str, policy: HopPolicy) -> HopPolicy:
        return await network.put_hop(self.backend, self._rooms[name].tenant, policy)

    async def remove_hop(self, name: str, hop: str) -> None:
        await network.remove_hop(self.backend, self._rooms[name].tenant, hop)

    def site(self, name: str) -> Site:
        return self._rooms[name].tenant.site

    async def put_site(self, name: str, site: Site) -> Site:
        return await network.put_site(self.backend, self._rooms[name].tenant, site)

    async def judge_pac(self, name: str, question: PacQuestion) -> PacAnswer:
        """What a PAC file is worth, by the names that the tenant's devices can resolve."""
        return await self.backend.judge_pac(self._rooms[name].tenant, question)

    def faults(self, name: str) -> FaultKeeper:
        """The tenant's faults, and what can be done about them."""
        return self._rooms[name].faults

    # Inside

    async def _furnish(self, section: TenantSection) -> None:
        """Make the tenant that the spec describes."""
        info = await self.tenants.add(
            TenantSpec(name=section.name, clock=section.clock, subscription=section.subscription)
        )
        for hop in section.hop:
            await self.put_hop(info.id, hop)
        await self.put_site(info.id, section.site)
        made = [await self.endpoints.add(info.id, endpoint.device()) for endpoint in section.endpoint]
        for fault in section.fault:
            await self.faults(info.id).put(fault)
        for device, endpoint in zip(made, section.endpoint, strict=True):
            if endpoint.onboarded:
                await self.endpoints.place_package(info.id, device.name, "onboarding", Placing())
