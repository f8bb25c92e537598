"""The lab's process in its container: `python -m mdelab.lab.contained FOLDER`.

It has two networks, the endpoints' and the host's, and listens on the real ports. The driver on the host starts it, hands
it containers for devices, and publishes its control API and its entrance on loopback; when the driver goes, the lab ends.
"""

import asyncio
import contextlib
import logging
import signal
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import msgspec
import uvloop

from mdelab.lab.backend import Backend
from mdelab.lab.embedded import Embedded
from mdelab.lab.estate import Lab
from mdelab.lab.evidence import EvidenceStore
from mdelab.lab.ground import Ground
from mdelab.lab.places import loopback_addresses
from mdelab.lab.remote.device import Guest
from mdelab.lab.remote.driver import CONTROL_PORT, ENTRANCE_PORT, Begin, Driver, Failed, Started, connect
from mdelab.lab.remote.place import RemotePlace
from mdelab.lab.remote.pool import Pool
from mdelab.lab.server import ControlServer
from mdelab.lab.spec import LabSpec
from mdelab.lab.time import TimeKeeper
from mdelab.model.device import DeviceSpec
from mdelab.model.errors import LabError, NotReady
from mdelab.model.evidence import EvidenceSink
from mdelab.model.tenant import Directory, Tenant

CHANNELS = "channels"
"""In the lab's folder: a folder for each container, which sees it as `/run/mdelab/lab`."""

_log = logging.getLogger(__name__)


class ContainerPlaces:
    """Places in containers that the driver makes."""

    def __init__(self, containers: Pool, sink: EvidenceSink, keeper: TimeKeeper) -> None:
        self._containers = containers
        self._sink = sink
        self._keeper = keeper
        # A hop in this container cannot bind the address of another: for each device it binds one of loopback.
        self._onward = loopback_addresses()
        self._guests: set[asyncio.Task[None]] = set()

    async def take(self, tenant: Tenant, spec: DeviceSpec) -> RemotePlace:
        container = await self._containers.take(spec.platform, spec.name)
        return RemotePlace(
            container.address,
            next(self._onward),
            tenant,
            spec,
            container.streams,
            self._sink,
            self._guest(tenant),
            partial(self._containers.give_back, container),
            container.name,
            partial(self._containers.handle, container),
            partial(self._containers.next_process, container),
        )

    def _guest(self, tenant: Tenant) -> Guest:
        """Lets the tenant's time go on for a program that began without the lab."""

        def begin(ended: asyncio.Future[None]) -> None:
            async def wait() -> None:
                await ended

            task = asyncio.create_task(self._keeper.run(tenant, wait()))
            self._guests.add(task)
            task.add_done_callback(self._done)

        return begin

    def _done(self, task: asyncio.Task[None]) -> None:
        self._guests.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("the time of a program that was started on a device: %s", error)


def main() -> None:
    folder = Path(sys.argv[1])
    logging.basicConfig(
        filename=folder / "lab.log", level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    spec = msgspec.json.decode((folder / "spec.json").read_bytes(), type=LabSpec)
    uvloop.run(serve(folder, spec, lambda driver: Pool(folder / CHANNELS, driver)))


async def serve(folder: Path, spec: LabSpec, pool: Callable[[Driver], Pool]) -> None:
    """Be the lab until it is stopped, or its driver has gone. pool: makes what gives out its containers."""
    driver = await connect(folder)
    begin = await driver.begin()
    serving = asyncio.create_task(driver.serve())
    containers = pool(driver)

    def build(path: Path, lab_id: str, directory: Directory, evidence: EvidenceStore, keeper: TimeKeeper) -> Backend:
        places = ContainerPlaces(containers, evidence.record, keeper)
        return Embedded(path, lab_id, directory, evidence, ground=_ground(begin), places=places)

    lab = Lab(folder, spec, pid=begin.pid, lab_id=begin.lab_id, build=build)
    serving.add_done_callback(lambda _: lab.ended.set())
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, lab.ended.set)
    try:
        try:
            await lab.start()
        except Exception as error:
            _log.exception("the lab could not start")
            text = str(error) if isinstance(error, LabError | NotReady) else f"{type(error).__name__}: {error}"
            driver.say(Failed(error=text, is_of_caller=isinstance(error, LabError)))
            return
        control = ControlServer(lab, begin.wan, CONTROL_PORT, begin.token)
        async with control.serving():
            driver.say(Started())
            await lab.ended.wait()
    finally:
        with contextlib.suppress(Exception):
            await lab.stop()
        await containers.close()
        await driver.close()
        await asyncio.gather(serving, return_exceptions=True)


def _ground(begin: Begin) -> Ground:
    return Ground(
        backend="docker",
        cloud=begin.corp,
        dns=begin.corp,
        hops=begin.corp,
        entrance=begin.wan,
        https_port=443,
        http_port=80,
        dns_port=53,
        entrance_port=ENTRANCE_PORT,
        published=begin.entrance,
    )


if __name__ == "__main__":
    main()
