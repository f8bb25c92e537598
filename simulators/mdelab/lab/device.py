"""A device whose sensor runs in this process, as the lab's backend hands it out (`mdelab.lab.backend`)."""

from mdelab.endpoint import artifacts, management
from mdelab.endpoint.faults import DEVICE, Undo
from mdelab.endpoint.sensor import Sensor
from mdelab.lab import device_files
from mdelab.lab.wire import EndpointChange, EndpointInfo, ExecRequest, ExecResult, FileContent, FileWrite
from mdelab.model.errors import LabError
from mdelab.model.fault import InForce
from mdelab.model.package import Kind
from mdelab.model.route import Route


class LocalDevice:
    """One sensor, in the words of the control API."""

    def __init__(self, sensor: Sensor) -> None:
        self.sensor = sensor
        self._undo: dict[str, Undo] = {}
        """By the id of a fault that is carried out here."""

    async def info(self) -> EndpointInfo:
        machine = self.sensor.machine
        root = machine.files.host_path("/")
        return EndpointInfo(
            name=machine.spec.name,
            platform=machine.spec.platform,
            address=machine.attachment.address,
            machine_id=self.sensor.machine_id,
            state=self.sensor.state if self.sensor.is_on else "off",
            waiting=self.sensor.waiting,
            root=str(root) if root else "",
            spec=machine.spec,
        )

    def _on(self) -> Sensor:
        if not self.sensor.is_on:
            name = self.sensor.machine.spec.name
            raise LabError(f"{name!r} is off, so it cannot be asked. Remove the fault that makes it so.")
        return self.sensor

    async def counts(self) -> tuple[int, int]:
        return self.sensor.sent, self.sensor.waiting

    async def execute(self, ask: ExecRequest) -> ExecResult:
        exit_code, stdout, stderr, not_simulated = await self._on().exec(
            ask.argv, stdin=ask.stdin.encode(), env=ask.env, cwd=ask.cwd
        )
        return ExecResult(exit_code=exit_code, stdout=stdout, stderr=stderr, not_simulated=not_simulated)

    async def change(self, change: EndpointChange) -> None:
        fields = {field: value for field in change.__struct_fields__ if (value := getattr(change, field)) is not None}
        await self._on().change(**fields)

    async def begin_fault(self, fault: InForce) -> None:
        self._undo[fault.id] = await DEVICE[fault.action](self.sensor, fault)

    async def end_fault(self, fault_id: str) -> None:
        if undo := self._undo.pop(fault_id, None):
            await undo()

    async def route(self, url: str) -> Route:
        return await self._on().route(url)

    async def files(self) -> list[str]:
        return self._on().machine.files.paths()

    async def read_file(self, path: str) -> FileContent:
        return device_files.read(self._on().machine.files, path)

    async def write_file(self, path: str, write: FileWrite) -> FileContent:
        return device_files.write(self._on().machine.files, path, write)

    async def remove_file(self, path: str) -> None:
        device_files.remove(self._on().machine.files, path)

    async def place_package(self, kind: Kind, blob: str) -> None:
        management.deliver(self._on().machine, kind, blob)

    async def remove_package(self, kind: Kind) -> None:
        artifacts.remove(self._on().machine, kind)
