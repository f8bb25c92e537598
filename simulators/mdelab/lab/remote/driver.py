"""What a lab in a container and its driver on the host say to each other, and the lab's side of it.

The driver (`mdelab.lab.docker`) alone speaks to the container engine: the lab asks it for containers. When their connection
closes, both end.
"""

import asyncio
import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import msgspec

from mdelab.model.errors import NotReady
from mdelab.model.platform import Platform

SOCKET = "driver.sock"
"""In the lab's folder, which both see under the same path."""

CONTROL_PORT = 7443
ENTRANCE_PORT = 7080
"""Ports of the lab's container that are published on the host's loopback."""


_GONE = "the driver of this lab is gone, and the lab ends."


class Begin(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The driver's first line."""

    lab_id: str
    pid: int
    """The driver's: the process that a user sees as the lab."""
    token: str
    corp: str
    """The container's address on the network of the endpoints."""
    wan: str
    entrance: str
    """URL under which the host reaches the entrance."""


class Started(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The lab answers on its control API."""


class Failed(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The lab could not start."""

    error: str
    is_of_caller: bool
    """Whether the spec asks for what is impossible; else something failed."""


class Make(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Start a container for a device. Answered with `Made` or `Refused`."""

    id: int
    number: int
    """Of the container in this lab; its folder is named by it."""
    platform: Platform
    host: str


class Made(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    id: int
    address: str
    container: str
    """Its name."""


class Remove(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Answered with `Done`, once it is gone."""

    id: int
    container: str


class Done(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    id: int


class Refused(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    id: int
    message: str


Act = Literal["pause", "unpause", "disconnect", "connect", "kill", "start"]
"""What the engine does to a device's container: freezes it and lets it go on, takes it off its network and gives it back, cuts
its power and gives it back.
"""


class Handle(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Do something to a device's container. Answered with `Handled` or `Refused`."""

    id: int
    container: str
    act: Act


class Handled(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    id: int
    state: str
    """What the engine says of the container now, such as `paused`."""


ToLab = Begin | Made | Done | Handled | Refused
ToDriver = Started | Failed | Make | Remove | Handle


Answer = Made | Done | Handled | Refused


def line(message: ToLab | ToDriver) -> bytes:
    """One message as it goes over the wire."""
    return msgspec.json.encode(message) + b"\n"


class Driver:
    """The lab's side."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._ids = itertools.count()
        self._waiting: dict[int, asyncio.Future[Answer]] = {}
        self._is_gone = False
        self._decoder: msgspec.json.Decoder[ToLab] = msgspec.json.Decoder(ToLab)

    async def begin(self) -> Begin:
        """What the driver wants. Raises NotReady when it is gone."""
        text = await self._reader.readline()
        message = self._decoder.decode(text) if text else None
        if not isinstance(message, Begin):
            raise NotReady("the driver of this lab is gone before it said what it wants. Start the lab again.")
        return message

    async def serve(self) -> None:
        """Take what the driver answers; returns when it is gone."""
        try:
            while text := await self._reader.readline():
                message = self._decoder.decode(text)
                if not isinstance(message, Begin) and not (future := self._waiting.pop(message.id)).done():
                    future.set_result(message)
        finally:
            self._is_gone = True
            for future in self._waiting.values():
                if not future.done():
                    future.set_exception(NotReady(_GONE))

    def say(self, message: Started | Failed) -> None:
        self._writer.write(line(message))

    async def make(self, number: int, platform: Platform, host: str) -> Made:
        """Raises NotReady with the engine's words."""
        answer = await self._ask(lambda id_: Make(id=id_, number=number, platform=platform, host=host))
        if isinstance(answer, Made):
            return answer
        raise NotReady(answer.message if isinstance(answer, Refused) else "the driver answered something else")

    async def remove(self, container: str) -> None:
        await self._ask(lambda id_: Remove(id=id_, container=container))

    async def handle(self, container: str, act: Act) -> str:
        """What the engine says of the container afterwards. Raises NotReady with the engine's words."""
        answer = await self._ask(lambda id_: Handle(id=id_, container=container, act=act))
        if isinstance(answer, Handled):
            return answer.state
        raise NotReady(answer.message if isinstance(answer, Refused) else "the driver answered something else")

    async def close(self) -> None:
        self._writer.close()

    async def _ask(self, question: Callable[[int], Make | Remove | Handle]) -> Answer:
        if self._is_gone:
            raise NotReady(_GONE)
        number = next(self._ids)
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting[number] = future
        self._writer.write(line(question(number)))
        return await future


async def connect(folder: Path) -> Driver:
    """The connection to the driver of the lab that has this folder."""
    return Driver(*await asyncio.open_unix_connection(str(folder / SOCKET)))
