"""What the lab keeps of each tenant beside its model, and how a caller's name finds it.

Who changes what is in a room: `mdelab.lab.tenants`, `mdelab.lab.endpoints`. Who reads it: `mdelab.lab.seen`.
"""

from collections.abc import Iterator

from mdelab.lab.backend import Backend, Device
from mdelab.lab.faults import FaultKeeper
from mdelab.lab.refusals import Unknown
from mdelab.lab.wire import ApiApp, FleetCounts
from mdelab.model.tenant import Tenant


class Room:
    """What the lab keeps of one tenant."""

    def __init__(self, tenant: Tenant, api: ApiApp, backend: Backend) -> None:
        self.tenant = tenant
        self.api = api
        self.devices: dict[str, Device] = {}
        self.faults = FaultKeeper(tenant, self.devices, backend)
        self.fleets: dict[str, FleetCounts] = {}
        self.sent_by_removed = 0
        """Events that endpoints made which are gone by now."""

    def device(self, endpoint: str) -> Device:
        try:
            return self.devices[endpoint]
        except KeyError as error:
            raise Unknown("endpoint", endpoint, list(self.devices)) from error


class Rooms:
    """The rooms of all tenants, by the tenant's id."""

    def __init__(self) -> None:
        self._rooms: dict[str, Room] = {}

    def __iter__(self) -> Iterator[Room]:
        return iter(list(self._rooms.values()))

    def __len__(self) -> int:
        return len(self._rooms)

    def __contains__(self, tenant_id: str) -> bool:
        return tenant_id in self._rooms

    def __getitem__(self, name: str) -> Room:
        """name: a tenant's id or name."""
        room = self._rooms.get(name) or next((room for room in self if room.tenant.name == name), None)
        if room is None:
            raise Unknown("tenant", name, [room.tenant.name for room in self])
        return room

    def add(self, room: Room) -> None:
        self._rooms[room.tenant.id] = room

    def remove(self, room: Room) -> None:
        del self._rooms[room.tenant.id]
