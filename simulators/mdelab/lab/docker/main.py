"""The process of a lab in containers, on the host: `python -m mdelab.lab.docker.main FOLDER`.

It is started and ended as `mdelab.lab.main` is. It makes the networks and the lab's container, hands the lab inside it
containers for devices, and takes everything down. When it is killed, the containers end by themselves, because each holds a
connection to it or to the lab; the networks are swept at the next start.
"""

import argparse
import asyncio
import logging
import os
import secrets
import shutil
import signal
from collections.abc import Awaitable
from pathlib import Path
from typing import TypeVar

import docker
import msgspec
import psutil
from docker.models.containers import Container

from mdelab import __version__
from mdelab.lab.contained import CHANNELS
from mdelab.lab.docker import labels
from mdelab.lab.docker.containers import Containers, output_of
from mdelab.lab.docker.engine import connect, said_plainly
from mdelab.lab.docker.images import check
from mdelab.lab.docker.networks import Networks, make
from mdelab.lab.owner import say, watch_owner
from mdelab.lab.remote.driver import (
    CONTROL_PORT,
    ENTRANCE_PORT,
    SOCKET,
    Begin,
    Done,
    Failed,
    Handle,
    Handled,
    Made,
    Make,
    Refused,
    Remove,
    Started,
    ToDriver,
    ToLab,
    line,
)
from mdelab.lab.remote.place import DOOR
from mdelab.lab.spec import LabSpec
from mdelab.lab.state import LabState, Ready, publish
from mdelab.model.errors import LabError, NotReady

T = TypeVar("T")

_READY_WITHIN_S = 60.0

_LONGEST_SOCKET_PATH = 107
"""Linux: `sun_path` in unix(7), less its last byte."""

_log = logging.getLogger(__name__)


def main() -> None:
    parser = argparse.ArgumentParser(prog="mdelab.lab.docker.main")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--detached", action="store_true")
    arguments = parser.parse_args()
    folder: Path = arguments.folder
    logging.basicConfig(
        filename=folder / "driver.log", level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    spec = msgspec.json.decode((folder / "spec.json").read_bytes(), type=LabSpec)
    try:
        asyncio.run(_serve(folder, spec, is_detached=arguments.detached))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def _serve(folder: Path, spec: LabSpec, *, is_detached: bool) -> None:
    lab = ContainedLab(folder, spec)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, lab.ended.set)
    owner = asyncio.create_task(watch_owner(lab.ended)) if not is_detached else None
    failure: Ready | None = None
    try:
        address = await lab.start()
        state = LabState(
            id=lab.id,
            name=spec.lab.name,
            pid=os.getpid(),
            started=psutil.Process().create_time(),
            address=address,
            token=lab.token,
            version=__version__,
            is_owned=not is_detached,
        )
        publish(folder, state)
        say(Ready(state=state))
        await lab.ended.wait()
    except Exception as error:
        _log.exception("the lab could not start")
        failure = _failure(error)
    finally:
        if owner is not None:
            owner.cancel()
        try:
            await lab.stop()
        finally:
            if failure is not None:
                say(failure)  # only now: whoever waits for it ends this process


def _failure(error: Exception) -> Ready:
    is_expected = isinstance(error, LabError | NotReady)
    text = str(error) if is_expected else f"{type(error).__name__}: {error}"
    return Ready(error=text, is_expected=is_expected, is_of_machine=isinstance(error, NotReady))


class ContainedLab:
    """One lab in containers, seen from the host."""

    def __init__(self, folder: Path, spec: LabSpec) -> None:
        self.id = secrets.token_hex(4)
        self.token = secrets.token_urlsafe(24)
        self.ended = asyncio.Event()
        self._folder = folder
        self._spec = spec
        self._marks = labels.of(spec.lab.name, self.id)
        self._client: docker.DockerClient | None = None
        self._server: asyncio.Server | None = None
        self._arrival: asyncio.Future[tuple[asyncio.StreamReader, asyncio.StreamWriter]] | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._serving: asyncio.Task[None] | None = None
        self._started: asyncio.Future[None] | None = None
        self._asked: set[asyncio.Task[None]] = set()
        self._containers: Containers | None = None

    async def start(self) -> str:
        """Start everything; the URL of the control API. Raises NotReady or LabError; `stop` removes what was made."""
        _check_length(self._folder)
        loop = asyncio.get_running_loop()
        self._arrival, self._started = loop.create_future(), loop.create_future()
        client = self._client = await asyncio.to_thread(connect)
        await asyncio.to_thread(check, client)
        with said_plainly("what earlier labs left could not be removed"):
            await asyncio.to_thread(labels.sweep, client)
        with said_plainly("the lab's networks could not be made"):
            networks = await asyncio.to_thread(make, client, self.id, self._marks)
        self._containers = Containers(client, self.id, self._folder, self._marks, networks)
        self._server = await asyncio.start_unix_server(self._come, str(self._folder / SOCKET))
        with said_plainly("the lab's container could not be started"):
            container = await asyncio.to_thread(self._containers.lab)
        control, entrance = (_published(container, port) for port in (CONTROL_PORT, ENTRANCE_PORT))
        reader, self._writer = await self._within(self._arrival, container, "did not come")
        self._send(self._begin(container, networks, entrance))
        self._serving = asyncio.create_task(self._serve(reader))
        await self._within(self._started, container, "did not answer")
        return control

    async def stop(self) -> None:
        """Take everything down. Harmless when nothing was started."""
        if self._writer is not None:
            self._writer.close()
        if self._serving is not None:
            await asyncio.wait([self._serving], timeout=_READY_WITHIN_S)
        await asyncio.gather(*self._asked, return_exceptions=True)
        if self._server is not None:
            self._server.close()
        if self._client is not None:
            await asyncio.to_thread(labels.remove, self._client, self.id)
            self._client.close()

    def _begin(self, container: Container, networks: Networks, entrance: str) -> Begin:
        return Begin(
            lab_id=self.id,
            pid=os.getpid(),
            token=self.token,
            corp=networks.address_on(networks.corp, container),
            wan=networks.address_on(networks.wan, container),
            entrance=entrance,
        )

    async def _come(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert self._arrival is not None
        if self._arrival.done():
            writer.close()  # only one lab lives there
        else:
            self._arrival.set_result((reader, writer))

    async def _within(self, awaited: Awaitable[T], container: Container, what: str) -> T:
        """`awaited`, unless the lab's container gives up or takes too long; then NotReady with its last output."""
        try:
            async with asyncio.timeout(_READY_WITHIN_S):
                return await awaited
        except (TimeoutError, NotReady) as error:
            why = str(error) or f"it {what} within {_READY_WITHIN_S:g} s"
            output = await asyncio.to_thread(output_of, container)
            raise NotReady(
                f"the lab's container gave up: {why}. It wrote: {output}. "
                "Build the images anew with `make images`; if that does not help, report this with the output."
            ) from error

    async def _serve(self, reader: asyncio.StreamReader) -> None:
        decoder: msgspec.json.Decoder[ToDriver] = msgspec.json.Decoder(ToDriver)
        assert self._started is not None
        try:
            while text := await reader.readline():
                match decoder.decode(text):
                    case Started():
                        self._started.set_result(None)
                    case Failed(error=error, is_of_caller=is_of_caller):
                        self._started.set_exception(LabError(error) if is_of_caller else NotReady(error))
                    case (Make() | Remove() | Handle()) as wanted:
                        task = asyncio.create_task(self._obey(wanted))
                        self._asked.add(task)
                        task.add_done_callback(self._asked.discard)
        finally:
            if not self._started.done():
                self._started.set_exception(NotReady("its connection has closed"))
            self.ended.set()

    async def _obey(self, wanted: Make | Remove | Handle) -> None:
        assert self._containers is not None
        answer: ToLab
        try:
            with said_plainly("a device's container could not be made, changed or removed"):
                match wanted:
                    case Make():
                        made = await asyncio.to_thread(
                            self._containers.device, wanted.number, wanted.platform, wanted.host
                        )
                        answer = Made(id=wanted.id, address=made.address, container=made.name)
                    case Remove(container=name):
                        await asyncio.to_thread(self._containers.remove, name)
                        answer = Done(id=wanted.id)
                    case Handle(container=name, act=act):
                        state = await asyncio.to_thread(self._containers.handle, name, act)
                        answer = Handled(id=wanted.id, state=state)
        except NotReady as error:
            answer = Refused(id=wanted.id, message=str(error))
        self._send(answer)

    def _send(self, message: ToLab) -> None:
        if self._writer is not None and not self._writer.is_closing():
            self._writer.write(line(message))


def _check_length(folder: Path) -> None:
    """Raise LabError when the sockets in the lab's folder would have paths that no socket can have."""
    longest = folder / CHANNELS / "99999" / DOOR
    if len(os.fsencode(longest)) > _LONGEST_SOCKET_PATH:
        raise LabError(
            f"the lab's folder {str(folder)!r} has too long a path for the sockets in it, which may have "
            f"{_LONGEST_SOCKET_PATH} bytes. Set XDG_RUNTIME_DIR to a folder with a shorter path, or give the lab a shorter name."
        )


def _published(container: Container, port: int) -> str:
    """URL under which the host reaches a port of the container."""
    found = container.ports[f"{port}/tcp"] or []
    return f"http://{found[0]['HostIp']}:{found[0]['HostPort']}"


if __name__ == "__main__":
    main()
