"""A fleet agent's way to the cloud: the endpoints' transport, direct, with root files that are read once for all agents."""

import asyncio
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import msgspec

from mdelab.catalogue import service_for
from mdelab.endpoint.commands import Request
from mdelab.endpoint.outcome import Failure, Reply
from mdelab.endpoint.route import Always
from mdelab.endpoint.transport import Transport
from mdelab.lab.wire import FleetRange
from mdelab.model.attachment import Attachment
from mdelab.model.clock import Action, Clock, ClockMode, Timer
from mdelab.model.evidence import Evidence, Purpose
from mdelab.model.tenant import Tenant
from mdelab.model.trust import Trust
from mdelab.model.work import Item

_MOST_REDIRECTS = 3
_KEPT_CONNECTIONS = 1
"""A TLS connection is most of an agent's memory, and polls are a quarter of an hour apart: the reports' one is kept."""

_DIRECT = Always()

_encode = msgspec.json.Encoder().encode


class LoopClock(Clock):
    """A live clock whose timers the event loop fires, and really forgets when they are cancelled.

    The time-outs of thousands of agents would wait in `Clock`'s queue long after their requests have ended.
    """

    def __init__(self) -> None:
        super().__init__(ClockMode.LIVE)

    def call_at(self, due: datetime, name: str, action: Action) -> Timer:
        delay_s = (due - self.now()).total_seconds()
        return self._arm(delay_s, due, name, action)

    def call_after(self, delay: timedelta, name: str, action: Action) -> Timer:
        return self._arm(delay.total_seconds(), self.now() + delay, name, action)

    def _arm(self, delay_s: float, due: datetime, name: str, action: Action) -> Timer:
        timer = _LoopTimer(due, name, action)
        timer.handle = asyncio.get_running_loop().call_later(delay_s, timer.fire)
        return timer


class _LoopTimer(Timer):
    __slots__ = ("handle", "running")

    handle: asyncio.TimerHandle
    running: asyncio.Task[None]

    def cancel(self) -> None:
        super().cancel()
        self.handle.cancel()

    def fire(self) -> None:
        self.running = asyncio.ensure_future(_run(self.action))


async def _run(action: Action) -> None:
    await action()


class Roots:
    """The PEM files of a fleet, read once."""

    def __init__(self, reach: FleetRange) -> None:
        self._pinned = Path(reach.root_set).read_bytes()
        self._public = Path(reach.public_roots).read_bytes()

    def __call__(self, trust: Trust) -> bytes:
        return self._pinned if trust is Trust.ROOT_SET else self._public


class CloudNetwork:
    """One agent's connections."""

    __slots__ = ("_transport",)

    def __init__(self, *, name: str, tenant: Tenant, attachment: Attachment, roots: Roots) -> None:
        self._transport = Transport(
            name=name,
            tenant=tenant,
            attachment=attachment,
            sink=_ignore,
            router=_DIRECT,
            roots=roots,
            most_idle=_KEPT_CONNECTIONS,
        )

    async def send(self, request: Request) -> Reply | Failure:
        headers = {"Authorization": f"Bearer {request.token}"} if request.token else {}
        if request.body is not None:
            headers["Content-Type"] = "application/json"
            return await self._ask("POST", request.url, headers, _encode(request.body))
        url = request.url
        for _ in range(_MOST_REDIRECTS):
            came = await self._ask("GET", url, headers, b"")
            if isinstance(came, Failure) or came.status not in (301, 302, 303, 307, 308):
                return came
            url = urljoin(url, came.headers.get("location", ""))
        return Failure("http", 47, f"Maximum ({_MOST_REDIRECTS}) redirects followed")

    async def close(self) -> None:
        await self._transport.close()

    async def _ask(self, method: str, url: str, headers: dict[str, str], body: bytes) -> Reply | Failure:
        service = service_for(urlsplit(url).hostname or "")
        return await self._transport.request(
            method,
            url,
            purpose=Purpose.AGENT,
            trust=service.trust if service else Trust.OS_STORE,
            item=Item(url),
            headers=headers,
            body=body,
        )


def _ignore(_: Evidence) -> None:
    """The agents' own view of a failure is in the operations; the lab has the cloud's and the hops' view."""
