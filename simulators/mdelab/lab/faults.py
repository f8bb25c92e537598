"""Lets the faults of tenants begin and end, on their clocks, and holds the table of everything that can carry one out.

What a fault is, `mdelab.model.fault` says; which kinds there are, `mdelab.catalogue.faults`; what an action does, a small
file in the room of its place.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

import msgspec

from mdelab.catalogue.faults import FaultRow, fault_row
from mdelab.cloud.faults import CLOUD
from mdelab.endpoint.faults import DEVICE
from mdelab.lab.backend import Backend, Device
from mdelab.lab.places import HOST
from mdelab.lab.refusals import Unknown
from mdelab.model.clock import Timer
from mdelab.model.errors import LabError
from mdelab.model.fault import Fault, InForce, Place
from mdelab.model.tenant import Tenant
from mdelab.network.faults import DNS, GATEWAY, INSPECTING, PAC, TUNNEL

ACTIONS: Mapping[Place, Collection[str]] = {
    "dns": DNS,
    "gateway": GATEWAY,
    "tunnel": TUNNEL,
    "inspecting": INSPECTING,
    "pac": PAC,
    "cloud": CLOUD,
    "device": DEVICE,
    "host": HOST,
}
"""What can be carried out in each place; every row of the catalogue must find its action here."""


@dataclass(slots=True, kw_only=True)
class _Kept:
    """One fault of a tenant, from the moment when it was asked for."""

    fault: Fault
    row: FaultRow
    placed: InForce
    timers: list[Timer] = field(default_factory=list)


class FaultKeeper:
    """The faults of one tenant."""

    def __init__(self, tenant: Tenant, devices: Mapping[str, Device], backend: Backend) -> None:
        """devices: the tenant's by name, as they come and go."""
        self._tenant = tenant
        self._devices = devices
        self._backend = backend
        self._kept: dict[str, _Kept] = {}

    def all(self) -> list[Fault]:
        """Those that act, and those that are still to begin."""
        return [kept.fault for kept in self._kept.values()]

    def one(self, fault_id: str) -> Fault:
        """Raises Unknown."""
        return self._find(fault_id).fault

    async def put(self, fault: Fault) -> Fault:
        """Let a fault begin when it says; one of the same id makes room. Raises LabError for one that cannot be."""
        fault = msgspec.structs.replace(fault, id=fault.id or fault.kind)
        fault.check()
        row = fault_row(fault.kind)
        await self._check_whom(fault, row)
        placed = row.place(fault, self._tenant.derive("fault", fault.id))
        if fault.id in self._kept:
            await self.remove(fault.id)
        kept = self._kept[fault.id] = _Kept(fault=fault, row=row, placed=placed)
        self._set_timers(kept)
        if not fault.after_s:
            await self._begin(kept)
        return fault

    async def remove(self, fault_id: str) -> None:
        """End a fault, or take back one that has not begun. Raises Unknown."""
        kept = self._find(fault_id)
        del self._kept[fault_id]
        for timer in kept.timers:
            timer.cancel()
        if self._tenant.faults.end(fault_id) is None:
            return
        with self._tenant.work.item(f"fault {fault_id} ends"):
            for name, device in list(self._devices.items()):
                await self._backend.end_host_fault(self._tenant, name, fault_id)
                await device.end_fault(fault_id)
            await self._backend.faults_changed(self._tenant)

    async def device_added(self, device: Device) -> None:
        """Let the faults that sit in devices take a new one too."""
        for kept in self._kept.values():
            if any(fault is kept.placed for fault in self._tenant.faults):
                await self._take(kept, device)

    # Inside

    async def _check_whom(self, fault: Fault, row: FaultRow) -> None:
        """Raise LabError for a hop or an endpoint that is not there, or in which such a fault cannot sit."""
        if self._backend.name not in row.backends:
            raise LabError(
                f"{row.id} cannot be carried out in a lab of backend {self._backend.name}: {row.summary} "
                f"Start the lab with --backend {' or '.join(row.backends)}."
            )
        hop = self._tenant.hops.get(fault.hop)
        if fault.hop and hop is None:
            raise Unknown("hop", fault.hop, list(self._tenant.hops))
        if hop is not None and hop.kind not in row.places:
            raise LabError(
                f"{row.id} cannot sit in {hop.name!r}, which is {hop.kind}: its places are {', '.join(row.places)}. "
                "Name a hop of such a kind, or none."
            )
        for name in fault.endpoints:
            if name not in self._devices:
                raise Unknown("endpoint", name, list(self._devices))
            if {"device", "host"} & set(row.places):
                row.on((await self._devices[name].info()).platform)

    def _set_timers(self, kept: _Kept) -> None:
        fault, clock = kept.fault, self._tenant.clock
        begins = timedelta(seconds=fault.after_s)
        if fault.after_s:
            kept.timers.append(clock.call_after(begins, f"fault {fault.id} begins", lambda: self._begin(kept)))
        if fault.for_s is not None:
            ends = begins + timedelta(seconds=fault.for_s)
            kept.timers.append(clock.call_after(ends, f"fault {fault.id} ends", lambda: self.remove(fault.id)))

    async def _begin(self, kept: _Kept) -> None:
        with self._tenant.work.item(f"fault {kept.fault.id} begins"):
            self._tenant.faults.begin(kept.placed)
            for device in list(self._devices.values()):
                await self._take(kept, device)
            await self._backend.faults_changed(self._tenant)

    async def _take(self, kept: _Kept, device: Device) -> None:
        """Carry the fault out in a device, if it sits there and concerns this one."""
        places = kept.placed.places
        if not {"device", "host"} & set(places):
            return
        info = await device.info()
        is_meant = not kept.placed.endpoints or info.name in kept.placed.endpoints
        if not is_meant or info.platform not in kept.row.platforms:
            return
        if "host" in places:
            await self._backend.begin_host_fault(self._tenant, info.name, kept.placed)
        else:
            await device.begin_fault(kept.placed)

    def _find(self, fault_id: str) -> _Kept:
        try:
            return self._kept[fault_id]
        except KeyError as error:
            raise Unknown("fault", fault_id, list(self._kept)) from error
