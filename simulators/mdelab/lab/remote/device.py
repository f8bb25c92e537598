"""The lab's side of a device in another process: asks it, takes its evidence, and mirrors what it has in flight."""

import asyncio
import contextlib
import itertools
import logging
from collections.abc import Callable
from datetime import datetime
from typing import Literal, TypeVar

import msgspec

from mdelab.lab.refusals import Unknown
from mdelab.lab.remote.ledger import Mirror
from mdelab.lab.remote.messages import (
    Answer,
    Ask,
    AskCounts,
    AskInfo,
    AskRoute,
    Began,
    BeginFault,
    Change,
    Due,
    Ended,
    EndFault,
    Execute,
    Fire,
    Flying,
    Led,
    ListFiles,
    Look,
    PlacePackage,
    Question,
    ReadFile,
    Reconnect,
    Refusal,
    RemoveFile,
    RemovePackage,
    Said,
    Saw,
    SwitchOn,
    Tell,
    Whither,
    WriteFile,
    line,
)
from mdelab.lab.wire import EndpointChange, EndpointInfo, ExecRequest, ExecResult, FileContent, FileWrite
from mdelab.model.attachment import Lead
from mdelab.model.errors import LabError, NotReady
from mdelab.model.evidence import EvidenceSink
from mdelab.model.fault import InForce
from mdelab.model.package import Kind
from mdelab.model.route import Route
from mdelab.model.tenant import Tenant

T = TypeVar("T")

_log = logging.getLogger(__name__)

Guest = Callable[[asyncio.Future[None]], None]
"""Is told of a program that began on the device without the lab; the future is done when it has ended."""


class RemoteDevice:
    """One device; `mdelab.lab.backend.Device` says what its verbs mean."""

    def __init__(
        self,
        name: str,
        tenant: Tenant,
        streams: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        sink: EvidenceSink,
        guest: Guest,
        lead: Lead,
        container: str = "",
    ) -> None:
        """streams: with a limit of MAX_LINE_BYTES; they are closed by `close`. container: where the process is."""
        self.name = name
        self._tenant = tenant
        self._reader, self._writer = streams
        self._sink = sink
        self._guest = guest
        self._lead = lead
        self._leading: set[asyncio.Task[None]] = set()
        self._container = container
        self._ids = itertools.count()
        self._waiting: dict[int, asyncio.Future[msgspec.Raw]] = {}
        self._guests: dict[int, asyncio.Future[None]] = {}
        self._counts = 0, 0
        """As it last said."""
        self._mirror = Mirror(tenant, name, self._fire)
        self._begun: dict[str, InForce] = {}
        self._over: list[str] = []
        """Faults that it carries out, and those of them that ended while it was suspended."""
        self._told = Flying(flights=[], due=None)
        self._frozen: tuple[EndpointInfo, tuple[int, int]] | None = None
        """What it said of itself last, while it is suspended or off."""
        self._reading = asyncio.create_task(self._read(), name=f"{name}: what its process says")

    async def close(self) -> None:
        """End the process's connection, and so the process."""
        self._writer.close()
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()
        self._reading.cancel()
        await asyncio.gather(self._reading, return_exceptions=True)

    async def ask(self, question: Question, answer: type[T]) -> T:
        """Raises what the process raised: LabError, Unknown or NotReady; NotReady too when it is gone."""
        if self._frozen is not None:
            why = self._frozen[0].state
            raise LabError(f"{self.name!r} is {why}, so it cannot be asked. Remove the fault that makes it so.")
        if self._reading.done():
            raise NotReady(self._gone())
        number = next(self._ids)
        future = self._waiting[number] = asyncio.get_running_loop().create_future()
        self._writer.write(line(Ask(id=number, question=question)))
        return msgspec.json.decode(await future, type=answer)

    @property
    def has_ended(self) -> bool:
        """Whether its process has closed the connection."""
        return self._reading.done()

    @property
    def is_halted(self) -> bool:
        return self._frozen is not None

    async def halt(self, state: Literal["suspended", "off"]) -> None:
        """From now on it says nothing, and has nothing in flight; what runs it is stopped once this returns."""
        info, counts = await self.info(), await self.counts()
        await self.look()
        self._frozen = msgspec.structs.replace(info, state=state), counts
        self._mirror.close()

    async def resume(self) -> None:
        """It goes on where it was, at the tenant's time; what is overdue happens now."""
        self._frozen = None
        self._mirror.show(self._told)
        await self.tell_time()
        while self._over:
            await self.end_fault(self._over.pop())

    async def begin_anew(self, streams: tuple[asyncio.StreamReader, asyncio.StreamWriter], on: SwitchOn) -> None:
        """It is switched on again, in another process on the same disk."""
        self._writer.close()
        await asyncio.gather(self._reading, return_exceptions=True)
        spec = self._frozen[0].spec if self._frozen is not None else on.spec
        self._frozen = None
        self._reader, self._writer = streams
        self._reading = asyncio.create_task(self._read(), name=f"{self.name}: what its process says")
        await self.ask(msgspec.structs.replace(on, spec=spec), type(None))
        for fault_id, fault in list(self._begun.items()):
            if fault_id in self._over:
                del self._begun[fault_id]
            else:
                await self.ask(BeginFault(fault=fault), type(None))
        self._over.clear()

    # What the lab's time keeper asks for

    async def tell_time(self) -> None:
        await self._ask_if_there(Tell(now=self._tenant.clock.now()))

    async def look(self) -> None:
        """Return when what is in flight there, and all evidence so far, has been told."""
        await self._ask_if_there(Look())

    async def reconnect(self) -> None:
        await self._ask_if_there(Reconnect())

    # mdelab.lab.backend.Device

    async def info(self) -> EndpointInfo:
        if self._frozen is not None:
            return self._frozen[0]
        info = await self.ask(AskInfo(), EndpointInfo)
        # The folder of a device elsewhere is no folder of the lab's host.
        return msgspec.structs.replace(info, container=self._container, root="" if self._container else info.root)

    async def counts(self) -> tuple[int, int]:
        if self._frozen is not None:
            return self._frozen[1]
        with contextlib.suppress(NotReady):  # one that is gone can still be removed
            self._counts = await self.ask(AskCounts(), tuple[int, int])
        return self._counts

    async def execute(self, ask: ExecRequest) -> ExecResult:
        return await self.ask(Execute(ask=ask), ExecResult)

    async def change(self, change: EndpointChange) -> None:
        await self.ask(Change(change=change), type(None))

    async def begin_fault(self, fault: InForce) -> None:
        self._begun[fault.id] = fault
        await self.ask(BeginFault(fault=fault), type(None))

    async def end_fault(self, fault_id: str) -> None:
        if fault_id not in self._begun:
            return
        if self._frozen is not None:
            self._over.append(fault_id)
            return
        del self._begun[fault_id]
        await self.ask(EndFault(fault_id=fault_id), type(None))

    async def route(self, url: str) -> Route:
        return await self.ask(AskRoute(url=url), Route)

    async def files(self) -> list[str]:
        return await self.ask(ListFiles(), list[str])

    async def read_file(self, path: str) -> FileContent:
        return await self.ask(ReadFile(path=path), FileContent)

    async def write_file(self, path: str, write: FileWrite) -> FileContent:
        return await self.ask(WriteFile(path=path, write=write), FileContent)

    async def remove_file(self, path: str) -> None:
        await self.ask(RemoveFile(path=path), type(None))

    async def place_package(self, kind: Kind, blob: str) -> None:
        await self.ask(PlacePackage(kind=kind, blob=blob), type(None))

    async def remove_package(self, kind: Kind) -> None:
        await self.ask(RemovePackage(kind=kind), type(None))

    # What the process says

    async def _ask_if_there(self, question: Question) -> None:
        """A process that is gone or suspended has no time and nothing in flight."""
        if self._frozen is not None:
            return
        with contextlib.suppress(NotReady):
            await self.ask(question, type(None))

    async def _fire(self) -> datetime | None:
        try:
            return (await self.ask(Fire(), Due)).at
        except NotReady:
            return None  # it is gone; whoever asks it next is told so

    async def _read(self) -> None:
        decoder: msgspec.json.Decoder[Said] = msgspec.json.Decoder(Said)
        try:
            while text := await self._reader.readline():
                self._take(decoder.decode(text))
        except (OSError, ValueError, msgspec.DecodeError) as error:
            _log.warning("the process of %s said what cannot be read: %s", self.name, error)
        finally:
            self._mirror.close()
            for future in [*self._waiting.values()]:
                if not future.done():
                    future.set_exception(NotReady(self._gone()))
            for guest in self._guests.values():
                if not guest.done():
                    guest.set_result(None)

    def _take(self, said: Said) -> None:
        match said:
            case Answer(id=number, value=value):
                self._settle(number, lambda future: future.set_result(value))
            case Refusal(id=number):
                self._settle(number, lambda future: future.set_exception(_error(said)))
            case Saw(evidence=evidence):
                self._sink(evidence)
            case Flying():
                self._told = said
                self._mirror.show(said)
            case Whither():
                task = asyncio.create_task(self._answer(said))
                self._leading.add(task)
                task.add_done_callback(self._leading.discard)
            case Began(program=number):
                self._guests[number] = asyncio.get_running_loop().create_future()
                self._guest(self._guests[number])
            case Ended(program=number):
                self._guests.pop(number).set_result(None)

    async def _answer(self, asked: Whither) -> None:
        self._writer.write(line(Led(id=asked.id, where=await self._lead(asked.host, asked.port))))

    def _settle(self, number: int, how: Callable[[asyncio.Future[msgspec.Raw]], None]) -> None:
        future = self._waiting.pop(number)
        if not future.done():  # whoever asked may have been cancelled
            how(future)

    def _gone(self) -> str:
        return (
            f"the process of {self.name!r} has ended, so the device cannot be asked. Its output is in the lab's folder; "
            "remove the endpoint and make it again."
        )


def _error(refusal: Refusal) -> Exception:
    match refusal.kind:
        case "impossible":
            return LabError(refusal.message)
        case "unknown":
            return Unknown.quoted(refusal.what, refusal.message)
        case "not-ready":
            return NotReady(refusal.message)
        case "failed":
            return RuntimeError(refusal.message)
