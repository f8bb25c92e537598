"""A place whose sensor runs in a process of its own, which reaches the lab by a unix socket."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from pathlib import Path

from mdelab.lab.remote.device import Guest, RemoteDevice
from mdelab.lab.remote.driver import Act
from mdelab.lab.remote.messages import MAX_LINE_BYTES, Cable, Hops, SetHops, SwitchOn, TenantCopy
from mdelab.model.attachment import Attachment
from mdelab.model.device import DeviceSpec
from mdelab.model.errors import LabError, NotReady
from mdelab.model.evidence import Evidence, EvidenceSink
from mdelab.model.fault import InForce
from mdelab.model.tenant import Tenant

_COMES_WITHIN_S = 60.0
"""Host time from the start of a process to its connection: half a second, far more on a loaded machine."""


DOOR = "lab.sock"
"""In the folder of a process."""


class Door:
    """Where one process reaches the lab: a unix socket in a folder that both see."""

    def __init__(self, folder: Path) -> None:
        """folder: made if missing; what the process writes while it runs is in it too."""
        self.folder = folder
        self._server: asyncio.Server | None = None
        self._arrival: asyncio.Future[tuple[asyncio.StreamReader, asyncio.StreamWriter]] | None = None

    async def open(self) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._arrival = asyncio.get_running_loop().create_future()
        self._server = await asyncio.start_unix_server(self._come, str(self.folder / DOOR), limit=MAX_LINE_BYTES)

    async def arrival(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """The process's connection. Raises NotReady when it does not come."""
        assert self._arrival is not None
        try:
            async with asyncio.timeout(_COMES_WITHIN_S):
                return await self._arrival
        except TimeoutError as error:
            raise NotReady(
                f"the process of a device did not come within {_COMES_WITHIN_S:g} s. It wrote: {self.output()}"
            ) from error

    def output(self) -> str:
        """What the process wrote, for messages."""
        try:
            return (self.folder / "process.log").read_text(errors="replace").strip()[-2000:] or "nothing"
        except OSError:
            return "nothing"

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
        with contextlib.suppress(OSError):
            (self.folder / DOOR).unlink()

    async def _come(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert self._arrival is not None
        if self._arrival.done():
            writer.close()  # only one process lives there
        else:
            self._arrival.set_result((reader, writer))


Handler = Callable[[Act], Awaitable[str]]
"""Has the engine do something to a device's container, and tells what the engine says of it then."""

_ACTS: dict[str, tuple[Act, Act]] = {"suspend": ("pause", "unpause"), "unplug": ("disconnect", "connect")}
"""By the action of a fault: how it begins and how it ends."""


async def no_engine(act: Act) -> str:
    """For a process that runs in no container."""
    raise LabError(f"the process of this device runs in no container, so nobody can {act} it.")


class RemotePlace:
    """One process for one device."""

    def __init__(
        self,
        address: str,
        onward: str,
        tenant: Tenant,
        spec: DeviceSpec,
        door: Door,
        sink: EvidenceSink,
        guest: Guest,
        end: Callable[[], Awaitable[None]],
        container: str = "",
        handler: Handler = no_engine,
    ) -> None:
        """end: takes the process down, after its connection was closed. container: its name, if it runs in one."""
        self.address = address
        self.onward = onward
        self._tenant = tenant
        self._spec = spec
        self._door = door
        self._sink = sink
        self._guest = guest
        self._end = end
        self._container = container
        self._handler = handler
        self._acting: dict[str, str] = {}
        """Fault id -> action, of the faults that are carried out on what the device runs on."""
        self._attachment: Attachment | None = None
        self._device: RemoteDevice | None = None

    async def switch_on(self, attachment: Attachment) -> RemoteDevice:
        self._attachment = attachment
        streams = await self._door.arrival()
        await self._door.close()
        self._device = RemoteDevice(
            self._spec.name, self._tenant, streams, self._sink, self._guest, attachment.lead, self._container
        )
        await self._device.ask(
            SwitchOn(
                spec=self._spec,
                tenant=_copy(self._tenant),
                cable=_cable(attachment),
                hops=_hops(self._tenant, attachment),
            ),
            type(None),
        )
        return self._device

    async def hops_changed(self) -> None:
        """A suspended device is told when it goes on."""
        if self._device is not None and self._attachment is not None and not self._device.is_suspended:
            await self._device.ask(SetHops(hops=_hops(self._tenant, self._attachment)), type(None))

    async def reconnect(self) -> None:
        if self._device is not None:
            await self._device.reconnect()

    async def tell_time(self) -> None:
        if self._device is not None:
            await self._device.tell_time()

    async def look(self) -> None:
        if self._device is not None:
            await self._device.look()

    async def begin_fault(self, fault: InForce) -> None:
        device = self._device
        assert device is not None
        is_first = fault.action not in self._acting.values()
        self._acting[fault.id] = fault.action
        if not is_first:
            return
        await device.reconnect()
        if fault.action == "suspend":
            await device.suspend()
        state = await self._handler(_ACTS[fault.action][0])
        if fault.action == "suspend":
            self._tell(f"it is suspended: the container engine says that it is {state}")

    async def end_fault(self, fault_id: str) -> None:
        action = self._acting.pop(fault_id, None)
        if action is None or action in self._acting.values():
            return
        await self._handler(_ACTS[action][1])
        if action == "suspend" and self._device is not None:
            await self._device.resume()
            await self.hops_changed()
            self._tell("")

    def _tell(self, error: str) -> None:
        """What the host knows of the device. error: "" when it runs."""
        self._sink(Evidence(observer="host", step="device", error=error, address=self.address))

    async def leave(self) -> None:
        with contextlib.suppress(NotReady):
            for fault_id in list(self._acting):
                await self.end_fault(fault_id)
        await self._door.close()
        if self._device is not None:
            await self._device.close()
        await self._end()


def _copy(tenant: Tenant) -> TenantCopy:
    return TenantCopy(
        id=tenant.id,
        org_id=tenant.org_id,
        name=tenant.name,
        scenario=tenant.scenario,
        seed=tenant.seed,
        evidence=tenant.evidence,
        clock=tenant.clock.mode.value,
        now=tenant.clock.now(),
    )


def _cable(attachment: Attachment) -> Cable:
    return Cable(
        address=attachment.address,
        resolver=attachment.resolver,
        root_set=attachment.root_set.read_text(),
        public_roots=attachment.public_roots.read_text(),
        package_roots=attachment.package_roots.read_text(),
    )


def _hops(tenant: Tenant, attachment: Attachment) -> Hops:
    return Hops(
        site=tenant.site,
        proxies=attachment.proxies,
        pac_urls=attachment.pac_urls,
        ports=list(attachment.ports.items()),
        interception_cas={name: path.read_text() for name, path in attachment.interception_cas.items()},
    )
