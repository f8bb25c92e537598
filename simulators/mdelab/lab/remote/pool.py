"""The containers of one lab: made when they are needed, and used again once they hold no trace of their device.

The container's own keeper clears it (`mdelab.lab.remote.keeper`). What cannot be changed from inside is the key by which a
container is found again: its image and its host name. It keeps its address too, which is why it is free only when no
connection from there is open any more: what hops still had to say of it has then been said.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mdelab.lab.remote.driver import Act, Driver
from mdelab.lab.remote.place import Door, Streams
from mdelab.model.errors import NotReady
from mdelab.model.platform import Platform

MOST_WAITING = 32
"""Containers that wait for a next device, some 60 MB each; the one that has waited longest goes when there are more."""

_LEFT_WITHIN_S = 10.0
"""Host time within which a container's processes and connections have ended."""

_LOOKS_AGAIN_AFTER_S = 0.005

_CONNECTIONS = Path("/proc/net/tcp")
_TIME_WAIT = "06"

_log = logging.getLogger(__name__)


@dataclass(slots=True, eq=False, kw_only=True)
class Container:
    """One that runs."""

    name: str
    address: str
    key: tuple[Platform, str]
    door: Door
    streams: Streams
    """Of the process that is in it now."""
    is_spoilt: bool = False
    """Whether it was killed, so that nobody has noted what its disk was like before."""


def _numbered(number: int, platform: Platform, host: str) -> str:
    return str(number)


class Pool:
    """Of one lab."""

    def __init__(self, folder: Path, driver: Driver, name: Callable[[int, Platform, str], str] = _numbered) -> None:
        """folder: for what the lab shares with containers, a folder for each.

        name: of the folder of the container that is made as the so maniest, for a platform and a host name. Raises NotReady.
        """
        self._folder = folder
        self._driver = driver
        self._name = name
        self._made = 0
        self._waiting: list[tuple[Container, asyncio.Task[bool]]] = []
        """With whether it can be used, once that is known; the one that came last stands last."""
        self._removing: set[asyncio.Task[None]] = set()

    async def take(self, platform: Platform, host: str) -> Container:
        """One that no device has used, or that shows no trace of it. Raises NotReady."""
        while waiting := next((one for one in reversed(self._waiting) if one[0].key == (platform, host)), None):
            self._waiting.remove(waiting)
            container, is_clear = waiting
            if await is_clear:
                return container
        return await self._make(platform, host)

    async def give_back(self, container: Container, has_ended: bool) -> None:
        """Its device has gone. Returns when nothing of it runs or is connected any more.

        has_ended: its process did so by itself; somebody may have started the container again, so what it was is not known.
        """
        if container.is_spoilt or has_ended:
            await self._remove(container)
            return
        try:
            container.streams = await container.door.knock(_LEFT_WITHIN_S)
            await _disconnected(container.address)
        except NotReady as error:
            await self._throw_away(container, error)
            return
        self._waiting.append((container, asyncio.create_task(self._is_clear(container))))
        if len(self._waiting) > MOST_WAITING:
            eldest, is_clear = self._waiting.pop(0)
            is_clear.cancel()
            removing = asyncio.create_task(self._remove(eldest))
            self._removing.add(removing)
            removing.add_done_callback(self._removing.discard)

    async def handle(self, container: Container, act: Act) -> str:
        """Have the engine do something to it; what the engine says of it then. Raises NotReady."""
        if act == "kill":
            container.is_spoilt = True
        return await self._driver.handle(container.name, act)

    async def next_process(self, container: Container) -> Streams:
        """Of a container that was killed and started again. Raises NotReady."""
        container.streams = await container.door.knock()
        await container.door.first_words(container.streams)
        return container.streams

    async def close(self) -> None:
        """End the containers that wait."""
        for container, is_clear in self._waiting:
            is_clear.cancel()
            container.streams[1].close()
            await container.door.close()
        self._waiting.clear()
        await asyncio.gather(*self._removing, return_exceptions=True)

    async def _is_clear(self, container: Container) -> bool:
        try:
            await container.door.first_words(container.streams)
        except NotReady as error:
            await self._throw_away(container, error)
            return False
        return True

    async def _throw_away(self, container: Container, why: NotReady) -> None:
        _log.warning("%s is not used again: %s", container.name, why)
        await self._remove(container)

    async def _make(self, platform: Platform, host: str) -> Container:
        self._made += 1
        number = self._made
        door = Door(self._folder / self._name(number, platform, host))
        await door.open()
        try:
            made = await self._driver.make(number, platform, host)
        except BaseException:
            await door.close()
            raise
        try:
            streams = await door.knock()
            await door.first_words(streams)
        except BaseException:
            await door.close()
            await self._driver.remove(made.container)
            raise
        return Container(name=made.container, address=made.address, key=(platform, host), door=door, streams=streams)

    async def _remove(self, container: Container) -> None:
        container.streams[1].close()
        await container.door.close()
        with contextlib.suppress(NotReady):
            await self._driver.remove(container.name)


async def _disconnected(address: str) -> None:
    """Raises NotReady."""
    try:
        async with asyncio.timeout(_LEFT_WITHIN_S):
            while True:  # nothing tells when the kernel has closed a connection
                if not _is_connected(address):
                    return
                await asyncio.sleep(_LOOKS_AGAIN_AFTER_S)
    except TimeoutError as error:
        raise NotReady(f"connections from {address} stay open after its device has gone") from error


def _is_connected(address: str) -> bool:
    """Whether this container has a connection with that one, which is not just remembered by the kernel."""
    wanted = bytes(reversed([int(part) for part in address.split(".")])).hex().upper()
    rows = (row.split() for row in _CONNECTIONS.read_text().splitlines()[1:])
    return any(row[2].startswith(wanted) and row[3] != _TIME_WAIT for row in rows)
