"""Where devices come to be: a place is an address on the network and something that runs a sensor there."""

import asyncio
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Protocol

from mdelab.endpoint.files import FolderTree
from mdelab.endpoint.pac.evaluate import Runner
from mdelab.endpoint.sensor import Sensor
from mdelab.lab.backend import Device
from mdelab.lab.device import LocalDevice
from mdelab.model.attachment import Attachment
from mdelab.model.device import DeviceSpec
from mdelab.model.evidence import Evidence, EvidenceSink
from mdelab.model.fault import InForce
from mdelab.model.tenant import Tenant

HOST: Mapping[str, str] = {"unplug": "its link is cut", "suspend": "it is suspended", "cut-power": "its power is cut"}
"""What goes wrong on purpose in what a device runs on, and how that is told. Which fault uses which action is data
(`mdelab.catalogue.faults`); a place carries them out."""


class Place(Protocol):
    """A place for one device."""

    @property
    def address(self) -> str:
        """The source address of everything that the device sends; known before it is switched on."""
        ...

    @property
    def onward(self) -> str:
        """The source address of what hops send on for it: its own, where they can bind it."""
        ...

    async def switch_on(self, attachment: Attachment) -> Device:
        """Make the device and start its sensor. Raises LabError or NotReady."""
        ...

    async def hops_changed(self) -> None:
        """Return when the device knows the hops that its attachment holds now."""
        ...

    async def reconnect(self) -> None:
        """Close the device's idle connections: its next request meets what stands there now."""
        ...

    async def tell_time(self) -> None:
        """See `mdelab.lab.time.Elsewhere`."""
        ...

    async def look(self) -> None:
        """See `mdelab.lab.time.Elsewhere`."""
        ...

    async def begin_fault(self, fault: InForce) -> None:
        """Carry out a fault that sits in what the device runs on; its action is one of `HOST`."""
        ...

    async def end_fault(self, fault_id: str) -> None:
        """Give back what a fault took; harmless when it was not carried out here."""
        ...

    async def leave(self) -> None:
        """Switch the device off; its files go, and its place may be given to another."""
        ...


class Places(Protocol):
    """Gives out places."""

    async def take(self, tenant: Tenant, spec: DeviceSpec) -> Place: ...


def loopback_addresses() -> Iterator[str]:
    """127.64.0.1 onwards: about four million addresses, each given out once in a lab's life."""
    for number in range(64 * 65536, 128 * 65536):
        if number % 256 not in (0, 255):
            yield f"127.{number >> 16}.{number >> 8 & 255}.{number & 255}"


class LoopbackPlaces:
    """Sensors in this process, each with a loopback address and a folder of its own."""

    def __init__(self, folder: Path, addresses: Iterator[str], sink: EvidenceSink, scripts: Runner) -> None:
        """folder: for the devices' files, a folder for each tenant in it. scripts: runs the PAC files of all."""
        self._folder = folder
        self._addresses = addresses
        self._sink = sink
        self._scripts = scripts

    async def take(self, tenant: Tenant, spec: DeviceSpec) -> "LoopbackPlace":
        root = self._folder / tenant.id / spec.name
        return LoopbackPlace(next(self._addresses), tenant, spec, root, self._sink, self._scripts)


class LoopbackPlace:
    """One sensor of this process."""

    def __init__(
        self, address: str, tenant: Tenant, spec: DeviceSpec, root: Path, sink: EvidenceSink, scripts: Runner
    ) -> None:
        self.address = self.onward = address
        self._tenant = tenant
        self._spec = spec
        self._root = root
        self._sink = sink
        self._scripts = scripts
        self._sensor: Sensor | None = None
        self._attachment: Attachment | None = None
        self._device: LocalDevice | None = None
        self._acting: dict[str, str] = {}
        """Fault id -> action, of the faults that are carried out on what the device runs on."""

    async def switch_on(self, attachment: Attachment) -> LocalDevice:
        self._attachment = attachment
        self._root.mkdir(parents=True)
        self._sensor = await self._start(attachment)
        self._device = LocalDevice(self._sensor)
        return self._device

    async def _start(self, attachment: Attachment) -> Sensor:
        """A sensor on the device's disk."""
        sensor = Sensor(
            spec=self._spec,
            tenant=self._tenant,
            attachment=attachment,
            files=FolderTree(self._root),
            sink=self._sink,
            scripts=self._scripts,
        )
        await sensor.start()
        return sensor

    async def hops_changed(self) -> None:
        """The attachment is the sensor's own."""

    async def reconnect(self) -> None:
        if self._sensor is not None:
            self._sensor.reconnect()

    async def tell_time(self) -> None:
        """The tenant is the sensor's own."""

    async def look(self) -> None:
        """The tenant's ledger is the sensor's own."""

    async def begin_fault(self, fault: InForce) -> None:
        """Here a device's link and its power can be cut; a process of the lab itself cannot be suspended."""
        assert self._attachment is not None
        await self.reconnect()
        self._acting[fault.id] = fault.action
        self._set_link(self._attachment)
        if fault.action == "cut-power" and self._sensor is not None and self._sensor.is_on:
            await self._sensor.stop()
            self._tell("its power was cut")

    async def end_fault(self, fault_id: str) -> None:
        self._acting.pop(fault_id, None)
        if self._attachment is None or self._device is None:
            return
        self._set_link(self._attachment)
        if not self._device.sensor.is_on and "cut-power" not in self._acting.values():
            self._spec = self._device.sensor.machine.spec
            self._sensor = self._device.sensor = await self._start(self._attachment)
            self._tell("")

    def _set_link(self, attachment: Attachment) -> None:
        attachment.link.is_up = "unplug" not in self._acting.values()

    def _tell(self, error: str) -> None:
        """What the host knows of the device. error: "" when it runs."""
        self._sink(Evidence(observer="host", step="device", error=error, address=self.address))

    async def leave(self) -> None:
        if self._sensor is not None:
            await self._sensor.stop()
        await asyncio.to_thread(shutil.rmtree, self._root, ignore_errors=True)
