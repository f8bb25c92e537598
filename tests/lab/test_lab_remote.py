"""Devices whose sensor sits behind a connection: the lab's verbs and its clock mean the same as for its own."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from mdelab.endpoint.files import FolderTree
from mdelab.lab.embedded import Embedded
from mdelab.lab.estate import Lab
from mdelab.lab.evidence import EvidenceStore
from mdelab.lab.places import loopback_addresses
from mdelab.lab.refusals import Unknown
from mdelab.lab.remote.place import Door, RemotePlace
from mdelab.lab.remote.process import Process, connect
from mdelab.lab.spec import LabSpec
from mdelab.lab.time import TimeKeeper
from mdelab.lab.wire import ClockMove, EndpointChange, ExecRequest, FileWrite, Placing, TenantSpec
from mdelab.model.device import DeviceSpec
from mdelab.model.errors import LabError, NotReady
from mdelab.model.evidence import EvidenceSink
from mdelab.model.site import Site
from mdelab.model.tenant import Directory, HopPolicy, Tenant


class Processes:
    """Places whose sensors are behind unix sockets; their processes are tasks of this one, which no device can tell."""

    def __init__(self, folder: Path, sink: EvidenceSink, keeper: TimeKeeper) -> None:
        self._folder = folder
        self._sink = sink
        self._keeper = keeper
        self._addresses = loopback_addresses()
        self._guests: list[asyncio.Future[None]] = []
        self.running: dict[str, tuple[Process, asyncio.Task[None]]] = {}

    async def take(self, tenant: Tenant, spec: DeviceSpec) -> RemotePlace:
        home = self._folder / spec.name
        door = Door(home / "door")
        await door.open()
        process = Process(lambda: FolderTree(home / "disk"), home / "keys")

        async def run() -> None:
            await process.serve(*await connect(door.folder / "lab.sock"))

        task = asyncio.create_task(run())
        self.running[spec.name] = process, task

        streams = await door.knock()
        await door.first_words(streams)

        async def end(has_ended: bool) -> None:
            await asyncio.gather(task, return_exceptions=True)
            await door.close()

        def guest(ended: asyncio.Future[None]) -> None:
            self._guests.append(asyncio.ensure_future(self._keeper.run(tenant, _wait(ended))))

        address = next(self._addresses)
        return RemotePlace(address, address, tenant, spec, streams, self._sink, guest, end)


async def _wait(ended: asyncio.Future[None]) -> None:
    await ended


class Ground:
    """One lab with one tenant, whose devices are remote."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.lab = Lab(folder / "lab", LabSpec(tenant=()), pid=1, build=self._build)

    def _build(
        self, folder: Path, lab_id: str, directory: Directory, evidence: EvidenceStore, keeper: TimeKeeper
    ) -> Embedded:
        self.processes = Processes(self.folder / "devices", evidence.record, keeper)
        return Embedded(folder, lab_id, directory, evidence, places=self.processes)

    async def device(self, name: str = "lin-1", **fields: object) -> None:
        await self.lab.endpoints.add("contoso", DeviceSpec(name=name, **fields))  # type: ignore[arg-type]

    async def run(self, *argv: str, name: str = "lin-1") -> str:
        done = await self.lab.endpoints.execute("contoso", name, ExecRequest(argv=list(argv)))
        assert not done.not_simulated
        return done.stdout + done.stderr

    async def minutes(self, count: int) -> None:
        await self.lab.tenants.move_clock("contoso", ClockMove(seconds=count * 60))


@contextlib.asynccontextmanager
async def _ground(folder: Path) -> AsyncIterator[Ground]:
    ground = Ground(folder)
    await ground.lab.start()
    try:
        await ground.lab.tenants.add(TenantSpec(name="contoso"))
        yield ground
    finally:
        await ground.lab.stop()


async def _onboards(folder: Path) -> None:
    async with _ground(folder) as ground:
        await ground.device()
        await ground.lab.endpoints.place_package("contoso", "lin-1", "onboarding", Placing())
        await ground.minutes(10)

        assert (await ground.lab.endpoints.one("contoso", "lin-1")).state == "onboarded"
        assert (await ground.run("mdatp", "health", "--field", "licensed")).strip() == "true"
        counted = await ground.lab.seen.accounting("contoso", "lin-1")
        assert counted.stored > 0
        assert counted.lost == 0
        seen = {observer for one in await ground.lab.seen.connections("contoso", "", 0) for observer in one.observers}
        assert {"agent", "cloud"} <= seen


def test_a_remote_device_onboards_and_its_records_join_those_of_the_cloud(tmp_path):
    asyncio.run(_onboards(tmp_path))


async def _time(folder: Path) -> None:
    async with _ground(folder) as ground:
        await ground.device()
        before = ground.lab.tenants.clock("contoso").now
        await ground.run("mdatp", "health", "--field", "licensed")
        await ground.minutes(60)

        process, _ = ground.processes.running["lin-1"]
        assert ground.lab.tenants.clock("contoso").now == before + timedelta(hours=1)
        assert process._copy().clock.now() == before + timedelta(hours=1)


def test_a_remote_device_lives_by_the_tenant_s_time(tmp_path):
    asyncio.run(_time(tmp_path))


async def _sleeps(folder: Path) -> None:
    async with _ground(folder) as ground:
        await ground.device("win-1", platform="windows")
        before = ground.lab.tenants.clock("contoso").now
        ask = ExecRequest(argv=["cmd", "/c", "timeout /t 30"])
        await ground.lab.endpoints.execute("contoso", "win-1", ask)
        assert ground.lab.tenants.clock("contoso").now >= before + timedelta(seconds=30)

        process, _ = ground.processes.running["win-1"]
        await process.run_guest(ask)
        assert ground.lab.tenants.clock("contoso").now >= before + timedelta(seconds=60)


def test_time_goes_on_for_a_program_that_sleeps_whoever_started_it(tmp_path):
    asyncio.run(asyncio.wait_for(_sleeps(tmp_path), 60))


async def _disk(folder: Path) -> None:
    async with _ground(folder) as ground:
        await ground.device()
        package = await ground.lab.endpoints.package("contoso", _order())
        text = package.members["mdatp_onboard.json"]
        path = folder / "devices/lin-1/disk/etc/opt/microsoft/mdatp/mdatp_onboard.json"
        path.write_text(text)
        await ground.minutes(10)
        assert (await ground.lab.endpoints.one("contoso", "lin-1")).state == "onboarded"


def _order():  # type: ignore[no-untyped-def]
    from mdelab.lab.wire import PackageOrder

    return PackageOrder(kind="onboarding", method="ansible")


def test_a_package_that_came_behind_the_sensor_s_back_is_noticed(tmp_path):
    asyncio.run(_disk(tmp_path))


async def _hops(folder: Path) -> None:
    async with _ground(folder) as ground:
        await ground.device()
        await ground.lab.put_hop("contoso", HopPolicy(name="corp-proxy", kind="tunnel"))
        await ground.lab.endpoints.change("contoso", "lin-1", EndpointChange(proxy="corp-proxy"))
        assert "[OK]" in await ground.run("mdatp", "connectivity", "test")
        seen = {observer for one in await ground.lab.seen.connections("contoso", "", 0) for observer in one.observers}
        assert "corp-proxy" in seen


def test_a_hop_that_comes_later_is_known_to_a_remote_device(tmp_path):
    asyncio.run(_hops(tmp_path))


async def _joins(folder: Path) -> None:
    async with _ground(folder) as ground:
        await ground.device()
        process, _ = ground.processes.running["lin-1"]
        before = process._copy().site
        await ground.lab.put_hop("contoso", HopPolicy(name="corp-proxy", kind="tunnel"))
        assert process._copy().site is before

        await ground.lab.put_site("contoso", Site())

        assert process._copy().site is not before


def test_a_remote_device_joins_its_network_anew_though_nothing_of_it_changed(tmp_path):
    asyncio.run(_joins(tmp_path))


async def _errors(folder: Path) -> None:
    async with _ground(folder) as ground:
        await ground.device()
        await ground.lab.endpoints.write_file("contoso", "lin-1", "/tmp/a", FileWrite(text="one"))
        assert (await ground.lab.endpoints.read_file("contoso", "lin-1", "/tmp/a")).text == "one"
        with pytest.raises(Unknown) as unknown:
            await ground.lab.endpoints.read_file("contoso", "lin-1", "/tmp/b")
        assert unknown.value.kind == "file"
        assert "'/tmp/a'" in str(unknown.value)
        with pytest.raises(LabError, match="distribution"):
            await ground.device("lin-2", distribution="temple")
        assert list(ground.processes.running) == ["lin-1", "lin-2"]
        assert [one.name for one in await ground.lab.endpoints.all("contoso")] == ["lin-1"]


def test_a_remote_device_refuses_in_the_words_of_one_of_the_lab_s_own(tmp_path):
    asyncio.run(_errors(tmp_path))


async def _gone(folder: Path) -> None:
    async with _ground(folder) as ground:
        await ground.device()
        _, task = ground.processes.running["lin-1"]
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await ground.minutes(1)
        with pytest.raises(NotReady, match="has ended"):
            await ground.run("mdatp", "version")


def test_a_device_whose_process_has_ended_holds_nobody_up(tmp_path):
    asyncio.run(_gone(tmp_path))
