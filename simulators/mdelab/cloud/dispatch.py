"""Leads a request to the service whose host name it carries, and records the exchange.

The table of hosts is `catalogue/services.toml`. A host that is not simulated here, or one on the wrong port, is refused
with 421, so that nobody takes the lab for the internet. Services are of two kinds: those that speak in values, which
`protocol.py` asks without ASGI, and ASGI applications.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import cast

from mdelab.catalogue import Service, service_for
from mdelab.cloud.answer import Answer, refusal, too_large, write
from mdelab.cloud.asgi import App, Message, Receive, Scope, Send
from mdelab.cloud.call import Call
from mdelab.cloud.faults import Answering, acting
from mdelab.model.channel import MAX_BODY_BYTES
from mdelab.model.evidence import Evidence, EvidenceSink, HttpSeen
from mdelab.model.tenant import Caller, Directory

Bare = Callable[[Call], Awaitable[Answer]]
"""A service that speaks in values."""

OBSERVER = "cloud"
PORTS = {"https": 443, "http": 80}

_ORDINARY = (400, 404)
"""Statuses that say nothing about the connection: several probes are answered so, and a list may not hold a thing yet."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where a host's requests go."""

    host: str
    service: Service | None
    """None when the host is not simulated there."""
    bare: Bare | None
    """Who answers in values; None for an ASGI application."""


class Dispatcher:
    """The hosts of the whole cloud; as an ASGI application, those of its services that are ASGI applications."""

    def __init__(
        self, bare: Mapping[str, Bare], apps: Mapping[str, App], directory: Directory, sink: EvidenceSink
    ) -> None:
        """bare, apps: by `Service.answers`."""
        self._bare = bare
        self._apps = apps
        self._directory = directory
        self._sink = sink
        self.target = lru_cache(maxsize=4096)(self._target)  # clients choose the names
        """(Host header, scheme) -> Target."""

    def caller(self, peer: tuple[str, int] | None) -> Caller | None:
        """Whose socket `peer` is."""
        return self._directory.caller(peer[0]) if peer else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        host, length = b"", 0
        for name, value in scope["headers"]:
            if name == b"host":
                host = value
            elif name == b"content-length":
                length = int(value)
        target = self.target(host, scope["scheme"])
        assert target.service is not None  # protocol.py leads here what is simulated by an application
        call = Call(
            service=target.service,
            host=target.host,
            method=scope["method"],
            path=scope["path"],
            query="",
            authorization="",
            caller=self.caller(scope["client"]),
        )
        status = await _run(self._apps[target.service.answers], scope, receive, send, length)
        self.note(call, status, scope["client"], scope["server"])

    def answering(self, call: Call) -> Bare | None:
        """Who answers in the place of the service, because a fault says so; None when nobody does."""
        if call.caller is None:
            return None
        call.fault, verdict = acting(call.caller, call.host, Answering)
        if verdict is None:
            return None
        wait = ((b"retry-after", str(verdict.retry_after_s).encode()),) if verdict.retry_after_s else ()
        said = refusal(verdict.status, "Fault", f"the fault {call.fault!r} answers for {call.host}: remove it.", *wait)

        async def answer(_: Call) -> Answer:
            return said

        return answer

    def note(self, call: Call, status: int, peer: tuple[str, int] | None, local: tuple[str, int | None] | None) -> None:
        """Record an exchange. status: 0 when no answer was given."""
        error = f"answered {status}" if status >= 400 and status not in _ORDINARY else ""
        if not error and call.caller is not None and call.caller.tenant.evidence != "all":
            return
        host, port = local or ("", 0)
        self._sink(
            Evidence(
                observer=OBSERVER,
                step="http",
                local=(host, port or 0),
                peer=peer,
                name=call.host,
                http=HttpSeen(method=call.method, path=call.path, status=status),
                error=error,
                fault=call.fault,
            )
        )

    def _target(self, host: bytes, scheme: str) -> Target:
        name = host.decode("latin-1").partition(":")[0].lower()
        service = service_for(name)
        if service is None or service.port != PORTS[scheme]:
            return Target(name, None, _misdirected(name, service, scheme))
        return Target(name, service, self._bare.get(service.answers))


def _misdirected(name: str, service: Service | None, scheme: str) -> Bare:
    if service is None:
        said = f"the host {name!r} is not one that this lab simulates. Check the name."
    else:
        said = f"the host {name!r} is simulated on port {service.port} only, and this request came by {scheme}."
    answer = refusal(421, "MisdirectedRequest", said)

    async def misdirected(_: Call) -> Answer:
        return answer

    return misdirected


async def _run(app: App, scope: Scope, receive: Receive, send: Send, length: int) -> int:
    """Let an ASGI application answer; returns the status, 0 when none was sent."""
    if length > MAX_BODY_BYTES:
        await write(send, too_large())
        return 413
    status = 0

    async def note(message: Message) -> None:
        nonlocal status
        if message["type"] == "http.response.start":
            status = cast(int, message["status"])
        await send(message)

    await app(scope, receive, note)
    return status
