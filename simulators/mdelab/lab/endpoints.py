"""The endpoints of the lab's tenants: made, changed and removed, and what is done on one or brought onto it.

What an endpoint is, is `mdelab.lab.backend`; what was seen of it is `mdelab.lab.seen`.
"""

from mdelab.lab import network, people
from mdelab.lab.backend import Backend
from mdelab.lab.refusals import Exists, Unknown
from mdelab.lab.rooms import Rooms
from mdelab.lab.time import TimeKeeper
from mdelab.lab.wire import (
    EndpointChange,
    EndpointInfo,
    ExecRequest,
    ExecResult,
    FileContent,
    FileWrite,
    FleetCounts,
    FleetOrder,
    FleetRange,
    PackageInfo,
    PackageOrder,
    Placing,
    RouteQuestion,
)
from mdelab.model.device import DeviceSpec
from mdelab.model.errors import LabError
from mdelab.model.package import Kind
from mdelab.model.route import Route


class Endpoints:
    """Each verb takes a tenant's id or name first, then the endpoint's name."""

    def __init__(self, rooms: Rooms, backend: Backend, time: TimeKeeper) -> None:
        self._rooms = rooms
        self._backend = backend
        self._time = time

    async def all(self, name: str) -> list[EndpointInfo]:
        return [await device.info() for device in self._rooms[name].devices.values()]

    async def one(self, name: str, endpoint: str) -> EndpointInfo:
        return await self._rooms[name].device(endpoint).info()

    async def add(self, name: str, spec: DeviceSpec) -> EndpointInfo:
        room = self._rooms[name]
        spec = people.complete(room.tenant, spec, room.devices)
        spec.check()
        if spec.name in room.devices:
            raise Exists(
                f"tenant {room.tenant.name!r} has an endpoint {spec.name!r} already. Choose another name, or remove that one."
            )
        network.check_hops(room.tenant, (spec.proxy, spec.pac), spec.trusts)
        device = room.devices[spec.name] = await self._backend.add_endpoint(room.tenant, spec)
        await room.faults.device_added(device)
        return await device.info()

    async def change(self, name: str, endpoint: str, change: EndpointChange) -> EndpointInfo:
        room = self._rooms[name]
        device = room.device(endpoint)
        network.check_hops(room.tenant, (change.proxy or "", change.pac or ""), change.trusts or ())
        await device.change(change)
        return await device.info()

    async def remove(self, name: str, endpoint: str) -> None:
        room = self._rooms[name]
        made, _ = await room.device(endpoint).counts()
        room.sent_by_removed += made
        del room.devices[endpoint]
        await self._backend.remove_endpoint(room.tenant, endpoint)

    async def execute(self, name: str, endpoint: str, ask: ExecRequest) -> ExecResult:
        if not ask.argv or not ask.argv[0]:
            raise LabError("no program was named. Give the program and its arguments, such as ['mdatp', 'health'].")
        room = self._rooms[name]
        return await self._time.run(room.tenant, room.device(endpoint).execute(ask))

    async def route(self, name: str, endpoint: str, ask: RouteQuestion) -> Route:
        room = self._rooms[name]
        return await self._time.run(room.tenant, room.device(endpoint).route(ask.url))

    # Files

    async def files(self, name: str, endpoint: str) -> list[str]:
        return await self._rooms[name].device(endpoint).files()

    async def read_file(self, name: str, endpoint: str, path: str) -> FileContent:
        return await self._rooms[name].device(endpoint).read_file(path)

    async def write_file(self, name: str, endpoint: str, path: str, write: FileWrite) -> FileContent:
        return await self._rooms[name].device(endpoint).write_file(path, write)

    async def remove_file(self, name: str, endpoint: str, path: str) -> None:
        await self._rooms[name].device(endpoint).remove_file(path)

    # Packages

    async def package(self, name: str, order: PackageOrder) -> PackageInfo:
        return await self._backend.package(self._rooms[name].tenant, order)

    async def place_package(self, name: str, endpoint: str, kind: Kind, placing: Placing) -> None:
        """Put a package where the platform keeps it: a file, a property list, the registry."""
        device = self._rooms[name].device(endpoint)
        blob = placing.blob
        if not blob:
            order = PackageOrder(kind=kind, platform=(await device.info()).platform)
            blob = (await self.package(name, order)).blob
        await device.place_package(kind, blob)

    async def remove_package(self, name: str, endpoint: str, kind: Kind) -> None:
        await self._rooms[name].device(endpoint).remove_package(kind)

    # Fleets: endpoints whose agents run in other processes

    def add_fleet(self, name: str, order: FleetOrder) -> FleetRange:
        if not 1 <= order.count <= 100_000:
            raise LabError(f"a fleet of {order.count} endpoints is not possible. Ask for 1 to 100,000.")
        room = self._rooms[name]
        names = [f"{order.prefix}-{number}" for number in range(1, order.count + 1)]
        room.fleets[order.prefix] = FleetCounts(sent=0, waiting=0)
        return self._backend.add_fleet(room.tenant, names)

    def count_fleet(self, name: str, prefix: str, counts: FleetCounts) -> None:
        room = self._rooms[name]
        if prefix not in room.fleets:
            raise Unknown("fleet", prefix, list(room.fleets))
        room.fleets[prefix] = counts
