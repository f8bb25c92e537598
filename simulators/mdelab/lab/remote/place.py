"""A place whose sensor runs in a process of its own, which reaches the lab by a unix socket."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Literal

from mdelab.lab.remote.device import Guest, RemoteDevice
from mdelab.lab.remote.driver import Act
from mdelab.lab.remote.messages import MAX_LINE_BYTES, Cable, Hops, Ready, SetHops, SwitchOn, TenantCopy, line
from mdelab.model.attachment import Attachment
from mdelab.model.device import DeviceSpec
from mdelab.model.errors import LabError, NotReady
from mdelab.model.evidence import Evidence, EvidenceSink
from mdelab.model.fault import InForce
from mdelab.model.site import Site
from mdelab.model.tenant import Tenant

_COMES_WITHIN_S = 60.0
"""Host time from the start of a process to its first words: a second or two, far more on a loaded machine."""


DOOR = "lab.sock"
"""In the folder of a process."""

LOG = "process.log"
"""Beside it: what the process wrote."""

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Door:
    """Where a process reaches the lab: a unix socket in a folder that both see. When it has gone, another may come."""

    def __init__(self, folder: Path) -> None:
        """folder: made if missing; what the process writes while it runs is in it too."""
        self.folder = folder
        self._server: asyncio.Server | None = None
        self._outside: asyncio.Queue[Streams] = asyncio.Queue(1)

    async def open(self) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._server = await asyncio.start_unix_server(self._come, str(self.folder / DOOR), limit=MAX_LINE_BYTES)

    async def knock(self, within_s: float = _COMES_WITHIN_S) -> Streams:
        """The connection of the next process, which has nothing to say yet. Raises NotReady when it does not come."""
        try:
            async with asyncio.timeout(within_s):
                return await self._outside.get()
        except TimeoutError as error:
            raise NotReady(
                f"the process of a device did not come within {within_s:g} s. It wrote: {self.output()}"
            ) from error

    async def first_words(self, streams: Streams, within_s: float = _COMES_WITHIN_S) -> None:
        """Return when the process that came can be asked. Raises NotReady when it gives up, or takes too long."""
        with contextlib.suppress(TimeoutError, OSError):
            async with asyncio.timeout(within_s):
                if await streams[0].readline() == line(Ready()):
                    return
        streams[1].close()
        raise NotReady(f"the process of a device came and could not be asked. It wrote: {self.output()}")

    def output(self) -> str:
        """What the process wrote, for messages."""
        try:
            return (self.folder / LOG).read_text(errors="replace").strip()[-2000:] or "nothing"
        except OSError:
            return "nothing"

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
        with contextlib.suppress(OSError):
            (self.folder / DOOR).unlink()
        while not self._outside.empty():
            self._outside.get_nowait()[1].close()

    async def _come(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            self._outside.put_nowait((reader, writer))
        except asyncio.QueueFull:
            writer.close()  # one process lives there, and one may wait to follow it


Handler = Callable[[Act], Awaitable[str]]
"""Has the engine do something to a device's container, and tells what the engine says of it then."""

_ACTS: dict[str, tuple[Act, Act]] = {
    "suspend": ("pause", "unpause"),
    "unplug": ("disconnect", "connect"),
    "cut-power": ("kill", "start"),
}
"""By the action of a fault: how it begins and how it ends."""


_HALTS: dict[str, Literal["suspended", "off"]] = {"suspend": "suspended", "cut-power": "off"}
"""What the device is then, and says nothing."""


async def no_next() -> Streams:
    """For a process that runs in no container."""
    raise LabError("the process of this device runs in no container, so nobody can start it again.")


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
        streams: Streams,
        sink: EvidenceSink,
        guest: Guest,
        end: Callable[[bool], Awaitable[None]],
        container: str = "",
        handler: Handler = no_engine,
        next_process: Callable[[], Awaitable[Streams]] = no_next,
    ) -> None:
        """streams: of a process that has said its first words.

        end: takes the process down, after its connection was closed; is told whether it had ended by itself.
        container: its name, if it runs in one. next_process: that has said its first words, after the container was
        started again.
        """
        self.address = address
        self.onward = onward
        self._tenant = tenant
        self._spec = spec
        self._streams = streams
        self._sink = sink
        self._guest = guest
        self._end = end
        self._container = container
        self._handler = handler
        self._next_process = next_process
        self._acting: dict[str, str] = {}
        """Fault id -> action, of the faults that are carried out on what the device runs on."""
        self._attachment: Attachment | None = None
        self._told_site: Site | None = None
        self._device: RemoteDevice | None = None

    async def switch_on(self, attachment: Attachment) -> RemoteDevice:
        self._attachment = attachment
        self._device = RemoteDevice(
            self._spec.name, self._tenant, self._streams, self._sink, self._guest, attachment.lead, self._container
        )
        await self._device.ask(self._switch(attachment), type(None))
        return self._device

    def _switch(self, attachment: Attachment) -> SwitchOn:
        return SwitchOn(
            spec=self._spec, tenant=_copy(self._tenant), cable=_cable(attachment), hops=self._hops(attachment)
        )

    async def hops_changed(self) -> None:
        """A device that is suspended or off is told when it goes on."""
        if self._device is not None and self._attachment is not None and not self._device.is_halted:
            await self._device.ask(SetHops(hops=self._hops(self._attachment)), type(None))

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
        if fault.action in _HALTS:
            await device.halt(_HALTS[fault.action])
        state = await self._handler(_ACTS[fault.action][0])
        if fault.action in _HALTS:
            self._tell(f"the container engine says that it is {state}")

    async def end_fault(self, fault_id: str) -> None:
        action = self._acting.pop(fault_id, None)
        if action is None or action in self._acting.values():
            return
        await self._handler(_ACTS[action][1])
        if self._device is None or self._attachment is None:
            return
        if action == "suspend":
            await self._device.resume()
            await self.hops_changed()
        if action == "cut-power":
            self._streams = await self._next_process()
            await self._device.begin_anew(self._streams, self._switch(self._attachment))
        if action in _HALTS:
            self._tell("")

    def _tell(self, error: str) -> None:
        """What the host knows of the device. error: "" when it runs."""
        self._sink(Evidence(observer="host", step="device", error=error, address=self.address))

    async def leave(self) -> None:
        with contextlib.suppress(NotReady):
            for fault_id, action in list(self._acting.items()):
                if action != "cut-power":  # nobody needs it on again
                    await self.end_fault(fault_id)
        has_ended = self._device is not None and self._device.has_ended
        if self._device is not None:
            await self._device.close()
        self._streams[1].close()
        await self._end(has_ended)

    def _hops(self, attachment: Attachment) -> Hops:
        site, told = self._tenant.site, self._told_site
        self._told_site = site
        return Hops(
            site=site,
            is_new_site=site is not told,
            proxies=attachment.proxies,
            pac_urls=attachment.pac_urls,
            ports=list(attachment.ports.items()),
            interception_cas={name: path.read_text() for name, path in attachment.interception_cas.items()},
        )


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
