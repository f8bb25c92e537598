"""The Defender daemon: the shell round the agent. It carries out the agent's commands with real files, timers and
requests, and hands back what came of them. It lives from one start of the service to the next; what must outlive it
is on the device's disk.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from datetime import datetime
from urllib.parse import urljoin, urlsplit

import msgspec

from mdelab.catalogue import service_for
from mdelab.catalogue.platforms import Paths
from mdelab.endpoint import events as happened
from mdelab.endpoint.agent import Agent
from mdelab.endpoint.commands import (
    CancelWake,
    Command,
    Execute,
    FetchDefinitions,
    ForgetEvents,
    LogLine,
    Persist,
    RemovePackage,
    Request,
    StoreEvent,
    WakeAfter,
)
from mdelab.endpoint.files import FileTree
from mdelab.endpoint.journal import Journal
from mdelab.endpoint.outcome import Failure, Reply
from mdelab.endpoint.queue import QueueStore
from mdelab.endpoint.state import Saved
from mdelab.endpoint.transport import Transport
from mdelab.endpoint.updates import DEFINITIONS_URL
from mdelab.model.channel import Command as CloudCommand
from mdelab.model.clock import Timer
from mdelab.model.evidence import Purpose
from mdelab.model.tenant import Tenant
from mdelab.model.trust import Trust
from mdelab.model.work import Item

_REDIRECTS = 5

Executor = Callable[[CloudCommand], happened.CommandExecuted]
"""Carries out what the cloud ordered."""


class _StateFile(msgspec.Struct, kw_only=True, rename="camel"):
    """`wdavstate`: what tools read of it, and the lab's own part."""

    engine_core: dict[str, str] = {}
    edr: dict[str, str] = {}
    agent: Saved = msgspec.field(default_factory=Saved)


def load_state(files: FileTree, paths: Paths) -> Saved:
    """The agent's memory; a fresh one when there is none or it cannot be read."""
    try:
        return msgspec.json.decode(files.read(paths.state), type=_StateFile).agent
    except (FileNotFoundError, msgspec.DecodeError):
        return Saved()


class Daemon:
    """One run of the service."""

    def __init__(
        self,
        *,
        name: str,
        tenant: Tenant,
        files: FileTree,
        paths: Paths,
        agent: Agent,
        transport: Transport,
        store: QueueStore,
        journal: Journal,
        execute: Executor,
        remove_package: Callable[[], None],
        publish: Callable[[], None],
        now: Callable[[], datetime],
        persists: bool = True,
    ) -> None:
        """remove_package: takes the onboarding package off the device. publish: shows the agent's state to others.

        now: the device's own time, which may be wrong. persists: False where no later run will read the state."""
        self._name = name
        self._tenant = tenant
        self._files = files
        self._paths = paths
        self._agent = agent
        self._transport = transport
        self._store = store
        self._journal = journal
        self._execute = execute
        self._remove_package = remove_package
        self._publish = publish
        self._now = now
        self._persists = persists
        self._inbox: deque[happened.Event] = deque()
        self._timers: dict[str, Timer] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._is_feeding = False
        self._is_stopped = False

    def feed(self, event: happened.Event) -> None:
        """Give the agent an event and carry out what it wants. What happens meanwhile waits for its turn."""
        if self._is_stopped:
            return
        self._inbox.append(event)
        if self._is_feeding:
            return
        self._is_feeding = True
        try:
            while self._inbox and not self._is_stopped:
                for command in self._agent.handle(self._inbox.popleft(), self._now()):
                    self._carry_out(command)
                self._publish()
        finally:
            self._is_feeding = False

    async def stop(self) -> None:
        """End at once, as a killed process would: nothing is said to anybody."""
        self._is_stopped = True
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def refresh_definitions(self, item: Item) -> bool:
        """Download definitions now; False when that failed. item: what the download is counted as."""
        answer = await self._ask(FetchDefinitions(url=DEFINITIONS_URL), item)
        failures = self._agent.definition_failures
        self.feed(answer)
        return self._agent.definition_failures <= failures

    # Commands

    def _carry_out(self, command: Command) -> None:
        match command:
            case Request():
                self._spawn(f"{self._name}: {command.channel}", lambda item: self._send(command, item))
            case Persist():
                self._persist()
            case StoreEvent(event=event):
                self._store.append(event)
            case ForgetEvents(count=count):
                self._store.forget(count)
            case WakeAfter(name=name, delay=delay):
                if name in self._timers:
                    self._timers[name].cancel()
                self._timers[name] = self._tenant.clock.call_after(
                    delay, f"{self._name}: {name}", lambda: self._wake(name)
                )
            case CancelWake(name=name):
                if name in self._timers:
                    self._timers.pop(name).cancel()
            case LogLine():
                self._journal.write(command, self._now())
            case RemovePackage():
                self._remove_package()
            case Execute(command=ordered):
                self._spawn(f"{self._name}: {ordered.type}", lambda _: self._obey(ordered))

    async def _wake(self, name: str) -> None:
        self._timers.pop(name, None)
        self.feed(happened.TimerFired(name=name))

    def _persist(self) -> None:
        if not self._persists:
            return
        saved = self._agent.saved()
        state = _StateFile(
            engine_core={"databaseRootPath": self._paths.database},
            edr={"identity": self._agent.machine_id} if saved.token else {},
            agent=saved,
        )
        self._files.write(self._paths.state, msgspec.json.encode(state), 0o600)

    def _spawn(self, what: str, work: Callable[[Item], Awaitable[None]]) -> None:
        """Begin `work`; the tenant counts it as in flight from this moment on."""
        ledger = ExitStack()
        item = ledger.enter_context(self._tenant.work.item(what))

        async def run() -> None:
            with ledger:
                await work(item)

        task = asyncio.get_running_loop().create_task(run(), name=what)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        # A task that is cancelled before its first step never enters its block.
        task.add_done_callback(lambda _: ledger.close())

    async def _obey(self, ordered: CloudCommand) -> None:
        self.feed(self._execute(ordered))

    # Requests

    async def _send(self, request: Request, item: Item) -> None:
        self.feed(await self._ask(request, item))

    async def _ask(self, request: Request, item: Item) -> happened.AnswerReceived | happened.Refused:
        headers: dict[str, str] = {}
        body = b""
        if request.body is not None:
            body = msgspec.json.encode(request.body)
            headers["Content-Type"] = "application/json"
        if request.token:
            headers["Authorization"] = f"Bearer {request.token}"
        method, url = ("POST" if request.body is not None else "GET"), request.url
        for _ in range(_REDIRECTS):
            outcome = await self._transport.request(
                method, url, purpose=Purpose.AGENT, trust=trust_of(url), item=item, headers=headers, body=body
            )
            location = "" if isinstance(outcome, Failure) else outcome.headers.get("location", "")
            if method == "GET" and isinstance(outcome, Reply) and 300 <= outcome.status < 400 and location:
                url = urljoin(url, location)
                continue
            break
        if isinstance(outcome, Failure):
            return happened.Refused(request=request, reason=_words(outcome))
        return happened.AnswerReceived(
            request=request, status=outcome.status, body=outcome.body, retry_after_s=_seconds(outcome.headers)
        )


def trust_of(url: str) -> Trust:
    """What the agent trusts for a URL: the catalogue's word, and its own roots for a host that is not listed."""
    service = service_for(urlsplit(url).hostname or "")
    return service.trust if service else Trust.ROOT_SET


def _words(failure: Failure) -> str:
    seen = f"; the certificate was issued by {failure.presented_by!r}" if failure.presented_by else ""
    return f"curl error {failure.curl_code}: {failure.text}{seen}"


def _seconds(headers: dict[str, str]) -> int:
    """Retry-After in seconds; 0 when there is none (its date form is not used by the lab's cloud)."""
    text = headers.get("retry-after", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else 0
