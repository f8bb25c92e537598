"""The lab's tenants and their clocks: made, described, moved on and removed. What a tenant has inside is elsewhere."""

import secrets

from mdelab.lab.backend import Backend
from mdelab.lab.evidence import EvidenceStore
from mdelab.lab.refusals import Exists
from mdelab.lab.rooms import Room, Rooms
from mdelab.lab.time import TimeKeeper, clock_info, end_of
from mdelab.lab.wire import ClockInfo, ClockMove, TenantInfo, TenantSpec
from mdelab.model.clock import Clock, ClockMode
from mdelab.model.tenant import Directory, new_tenant


class Tenants:
    """Everything that makes or ends a tenant, or moves its time. `seed` is the lab's."""

    def __init__(
        self, rooms: Rooms, backend: Backend, time: TimeKeeper, directory: Directory, evidence: EvidenceStore, seed: int
    ) -> None:
        self._rooms = rooms
        self._backend = backend
        self._time = time
        self._directory = directory
        self._evidence = evidence
        self._seed = seed

    def all(self) -> list[TenantInfo]:
        return [_info(room) for room in self._rooms]

    def one(self, name: str) -> TenantInfo:
        return _info(self._rooms[name])

    async def add(self, spec: TenantSpec) -> TenantInfo:
        name = spec.name or f"tenant-{len(self._rooms) + 1}-{secrets.token_hex(3)}"
        if any(room.tenant.name == name for room in self._rooms):
            raise Exists(
                f"a tenant called {name!r} exists already. Give the new one a name of its own, or delete that one."
            )
        tenant = new_tenant(
            name=name,
            scenario=spec.scenario or name,
            seed=self._seed,
            clock=Clock(ClockMode(spec.clock)),
            evidence=spec.evidence,
        )
        if tenant.id in self._rooms:
            # The same scenario runs twice on one lab, as with `do` or repeated runs: same stream, ids of its own.
            tenant.id = f"{tenant.id[:-12]}{secrets.token_hex(6)}"
            tenant.org_id = f"{tenant.org_id[:-12]}{secrets.token_hex(6)}"
        room = Room(tenant, await self._backend.add_tenant(tenant, spec.subscription), self._backend)
        self._rooms.add(room)
        self._directory.add(tenant)
        self._time.watch(tenant)
        return _info(room)

    async def remove(self, name: str) -> None:
        room = self._rooms[name]
        self._rooms.remove(room)
        await self._time.forget(room.tenant)
        await self._backend.remove_tenant(room.tenant)
        self._directory.remove(room.tenant)
        self._evidence.forget(room.tenant.id)

    def clock(self, name: str) -> ClockInfo:
        return clock_info(self._rooms[name].tenant.clock)

    async def move_clock(self, name: str, move: ClockMove) -> ClockInfo:
        tenant = self._rooms[name].tenant
        await self._time.move(tenant, end_of(move, tenant.clock.now()), step=move.step)
        return clock_info(tenant.clock)


def _info(room: Room) -> TenantInfo:
    tenant = room.tenant
    return TenantInfo(
        id=tenant.id,
        org_id=tenant.org_id,
        name=tenant.name,
        scenario=tenant.scenario,
        clock=clock_info(tenant.clock),
        api=room.api,
        hops=list(tenant.hops.values()),
        endpoints=list(room.devices),
    )
