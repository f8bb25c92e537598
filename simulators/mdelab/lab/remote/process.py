"""The process's side of a device: obeys the lab's questions with a sensor of its own.

It has a copy of the tenant whose clock only the lab moves; what its timers and its work come to, the lab mirrors.
"""

import asyncio
import contextlib
import itertools
import logging
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import TypeVar

import msgspec

from mdelab.catalogue.platforms import platform_row
from mdelab.endpoint.files import FileTree
from mdelab.endpoint.sensor import Sensor
from mdelab.lab.device import LocalDevice
from mdelab.lab.refusals import Unknown
from mdelab.lab.remote.messages import (
    MAX_LINE_BYTES,
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
    Flight,
    Flying,
    Hops,
    Led,
    ListFiles,
    Look,
    PlacePackage,
    Question,
    ReadFile,
    Ready,
    Reconnect,
    Refusal,
    RemoveFile,
    RemovePackage,
    Said,
    Saw,
    SetHops,
    SwitchOn,
    Tell,
    TenantCopy,
    ToProcess,
    Whither,
    WriteFile,
    line,
)
from mdelab.lab.wire import ExecRequest, ExecResult
from mdelab.model.attachment import Attachment
from mdelab.model.clock import Clock, ClockMode
from mdelab.model.errors import LabError, NotReady
from mdelab.model.evidence import Evidence
from mdelab.model.tenant import Tenant
from mdelab.model.work import Address

K = TypeVar("K")
V = TypeVar("V")

_TURNS = 3
"""Passes of the event loop after which work that was just begun stands in the ledger."""

_SEES_AFTER_S = 1.0
"""Host time between two looks at the disk of a device whose time is live; a held one looks whenever the lab asks."""

_log = logging.getLogger(__name__)


class Process:
    """One device for one lab."""

    def __init__(
        self,
        files: Callable[[], FileTree],
        keys: Path,
        prepare: Callable[[SwitchOn], None] | None = None,
        show: Callable[[Sequence[str]], None] = lambda commands: None,
    ) -> None:
        """files: opens the device's disk. keys: a folder for what the device trusts from the start, off that disk.

        prepare: makes the system below the device what it is to be, before anything else. show: is told which processes of
        the client a list of processes shows now.
        """
        self._prepare = prepare
        self._show = show
        self._open = files
        self._keys = keys
        self._writer: asyncio.StreamWriter | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._tenant: Tenant | None = None
        self._device: LocalDevice | None = None
        self._ports: dict[Address, Address] = {}
        self._proxies: dict[str, str] = {}
        self._pac_urls: dict[str, str] = {}
        self._cas: dict[str, Path] = {}
        self._told = Flying(flights=[], due=None)
        self._is_telling = False
        self._ids = itertools.count()
        self._leads: dict[int, asyncio.Future[Address | None]] = {}
        self._watching = contextlib.ExitStack()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Obey until the lab closes the connection."""
        self._writer = writer
        writer.write(line(Ready()))
        decoder: msgspec.json.Decoder[ToProcess] = msgspec.json.Decoder(ToProcess)
        try:
            while text := await reader.readline():
                match message := decoder.decode(text):
                    case Ask():
                        self._begin(self._answer(message))
                    case Led(id=number, where=where):
                        self._leads.pop(number).set_result(where)
        finally:
            for task in list(self._tasks):
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            if self._device is not None:
                await self._device.sensor.stop()
            self._watching.close()
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def run_guest(self, ask: ExecRequest) -> ExecResult:
        """Run a program that somebody started on the device without the lab."""
        number = next(self._ids)
        self._say(Began(program=number))
        try:
            return await self._on().execute(ask)
        except LabError as error:
            return ExecResult(exit_code=1, stdout="", stderr=f"{error}\n", not_simulated=[])
        finally:
            self._say(Ended(program=number))

    def client_killed(self) -> None:
        """Somebody killed the client's process on the device, past the lab."""
        if self._device is not None:
            self._begin(self._start_client_again(self._device))

    # Questions

    async def _answer(self, ask: Ask) -> None:
        try:
            value = await self._obey(ask.question)
        except Unknown as error:
            self._say(Refusal(id=ask.id, kind="unknown", message=str(error), what=error.kind))
        except LabError as error:
            self._say(Refusal(id=ask.id, kind="impossible", message=str(error)))
        except NotReady as error:
            self._say(Refusal(id=ask.id, kind="not-ready", message=str(error)))
        except Exception as error:  # the one place where every failure becomes an answer
            _log.exception("%s failed", type(ask.question).__name__)
            self._say(Refusal(id=ask.id, kind="failed", message=f"{type(error).__name__}: {error}"))
        else:
            self._say(Answer(id=ask.id, value=msgspec.Raw(msgspec.json.encode(value))))

    async def _obey(self, question: Question) -> object:
        match question:
            case SwitchOn():
                await self._switch_on(question)
            case SetHops(hops=hops):
                self._set_hops(hops)
            case Tell(now=now):
                self._copy().clock.move_to(now)
            case Fire():
                return await self._fire()
            case Look():
                await self._look()
            case AskInfo():
                return await self._on().info()
            case AskCounts():
                return await self._on().counts()
            case Execute(ask=ask):
                return await self._on().execute(ask)
            case Change(change=change):
                await self._on().change(change)
            case BeginFault(fault=fault):
                await self._on().begin_fault(fault)
            case EndFault(fault_id=fault_id):
                await self._on().end_fault(fault_id)
            case Reconnect():
                self._on().sensor.reconnect()
            case AskRoute(url=url):
                return await self._on().route(url)
            case ListFiles():
                return await self._on().files()
            case ReadFile(path=path):
                return await self._on().read_file(path)
            case WriteFile(path=path, write=write):
                return await self._on().write_file(path, write)
            case RemoveFile(path=path):
                await self._on().remove_file(path)
            case PlacePackage(kind=kind, blob=blob):
                await self._on().place_package(kind, blob)
            case RemovePackage(kind=kind):
                await self._on().remove_package(kind)
        return None

    async def _switch_on(self, asked: SwitchOn) -> None:
        tenant = self._tenant = _tenant(asked.tenant)
        if self._prepare is not None:
            self._prepare(asked)
        cable = asked.cable
        self._keys.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._set_hops(asked.hops)
        sensor = Sensor(
            spec=asked.spec,
            tenant=tenant,
            attachment=Attachment(
                address=cable.address,
                resolver=cable.resolver,
                ports=self._ports,
                lead=self._lead,
                proxies=self._proxies,
                pac_urls=self._pac_urls,
                root_set=self._key("root-set", cable.root_set),
                public_roots=self._key("public-roots", cable.public_roots),
                interception_cas=self._cas,
                package_roots=self._key("package-roots", cable.package_roots),
            ),
            files=self._open(),
            sink=self._see,
        )
        self._watching.enter_context(tenant.work.watching(self._tell_soon))
        tenant.clock.on_change = self._tell_soon
        await sensor.start()
        self._device = LocalDevice(sensor)
        if tenant.clock.mode is ClockMode.LIVE:
            self._begin(self._keep_looking())

    def _set_hops(self, hops: Hops) -> None:
        tenant = self._copy()
        if hops.is_new_site:
            tenant.site = hops.site  # another object, in which devices discover anew
        cas = {name: self._key(f"ca-{name}", pem) for name, pem in hops.interception_cas.items()}
        # The same dictionaries for the device's life: its attachment holds them.
        _fill(self._ports, dict(hops.ports))
        _fill(self._proxies, hops.proxies)
        _fill(self._pac_urls, hops.pac_urls)
        _fill(self._cas, cas)

    async def _lead(self, host: str, port: int) -> Address | None:
        number = next(self._ids)
        future: asyncio.Future[Address | None] = asyncio.get_running_loop().create_future()
        self._leads[number] = future
        self._say(Whither(id=number, host=host, port=port))
        return await future

    async def _fire(self) -> Due:
        clock = self._copy().clock
        timer = clock.pop_first()
        if timer is not None and not timer.is_cancelled:
            self._begin(timer.action())
            await _some_turns()
        return Due(at=clock.next_due())

    async def _look(self) -> None:
        self._on().sensor.machine.files.rescan()
        await _some_turns()

    async def _keep_looking(self) -> None:
        while True:
            await asyncio.sleep(_SEES_AFTER_S)
            self._on().sensor.machine.files.rescan()

    def _begin(self, action: Awaitable[None]) -> None:
        """Run it as a task: it may wait on a connection that only the moving clock will end."""
        task = asyncio.ensure_future(action)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # What is told

    def _see(self, evidence: Evidence) -> None:
        self._say(Saw(evidence=evidence))

    def _tell_soon(self) -> None:
        """Tell what is in flight once the code that changes it just now has ended, or before anything else is said."""
        if not self._is_telling:
            self._is_telling = True
            asyncio.get_running_loop().call_soon(self._tell)

    def _tell(self) -> None:
        self._is_telling = False
        self._show(self._client_processes())
        flying = self._flying()
        if flying != self._told and self._writer is not None:
            self._told = flying
            self._writer.write(line(flying))

    async def _start_client_again(self, device: LocalDevice) -> None:
        await device.sensor.client_killed()
        self._show(())  # those that the killed one had started are gone with it
        self._show(self._client_processes())

    def _client_processes(self) -> Sequence[str]:
        if self._device is None:
            return ()
        machine = self._device.sensor.machine
        row = platform_row(machine.spec.platform)
        return row.processes if machine.services().get(row.service) else ()

    def _flying(self) -> Flying:
        tenant = self._copy()
        return Flying(
            flights=[
                Flight(key=key, what=item.what, client=item.client, server=item.server, is_asleep=item.is_asleep)
                for key, item in tenant.work.items().items()
            ],
            due=tenant.clock.next_due(),
        )

    def _say(self, said: Said) -> None:
        if self._writer is None or self._writer.is_closing():
            return
        if self._tenant is not None:
            self._tell()
        self._writer.write(line(said))

    def _key(self, name: str, pem: str) -> Path:
        path = self._keys / f"{name}.pem"
        path.write_text(pem)
        return path

    def _copy(self) -> Tenant:
        if self._tenant is None:
            raise LabError("the device is switched off. Switch it on before anything else is asked of it.")
        return self._tenant

    def _on(self) -> LocalDevice:
        if self._device is None:
            raise LabError("the device is switched off. Switch it on before anything else is asked of it.")
        return self._device


def _tenant(copy: TenantCopy) -> Tenant:
    return Tenant(
        id=copy.id,
        org_id=copy.org_id,
        name=copy.name,
        scenario=copy.scenario,
        seed=copy.seed,
        evidence=copy.evidence,
        clock=Clock(ClockMode(copy.clock), copy.now),
    )


def _fill(kept: dict[K, V], wanted: dict[K, V]) -> None:
    kept.clear()
    kept.update(wanted)


async def _some_turns() -> None:
    for _ in range(_TURNS):
        await asyncio.sleep(0)


async def connect(path: Path) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """The connection to the lab that listens on a unix socket."""
    return await asyncio.open_unix_connection(str(path), limit=MAX_LINE_BYTES)
