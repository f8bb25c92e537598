"""Leads a request to the service whose host name it carries, and records the exchange.

The table of hosts is `catalogue/services.toml`. A host that is not simulated here, or one on the wrong port, is refused
with 421, so that nobody takes the lab for the internet.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import cast

from mdelab.catalogue import Service, service_for
from mdelab.cloud.acceptor import OBSERVER
from mdelab.cloud.answer import Answer, refusal, too_large, write
from mdelab.cloud.asgi import App, Message, Receive, Scope, Send
from mdelab.cloud.call import BodyTooLarge, Call, ClientGone
from mdelab.model.channel import MAX_BODY_BYTES
from mdelab.model.evidence import Evidence, EvidenceSink, HttpSeen
from mdelab.model.tenant import Directory

Bare = Callable[[Call], Awaitable[Answer]]
"""A service that speaks in values."""

PORTS = {"https": 443, "http": 80}

_ORDINARY = (400, 404)
"""Statuses that say nothing about the connection: several probes are answered so, and a list may not hold a thing yet."""


class Dispatcher:
    """The ASGI application of the whole cloud."""

    def __init__(
        self, bare: Mapping[str, Bare], apps: Mapping[str, App], directory: Directory, sink: EvidenceSink
    ) -> None:
        """bare, apps: by `Service.answers`."""
        self._bare = bare
        self._apps = apps
        self._directory = directory
        self._sink = sink

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        host, authorization, length = b"", b"", -1
        for name, value in scope["headers"]:
            if name == b"host":
                host = value
            elif name == b"authorization":
                authorization = value
            elif name == b"content-length":
                length = int(value)
        name = host.decode("latin-1").partition(":")[0].lower()
        caller = self._directory.caller(scope["client"][0]) if scope["client"] else None
        service = service_for(name)
        if service is None or service.port != PORTS[scope["scheme"]]:
            answer = _misdirected(name, service, scope["scheme"])
            await write(send, answer)
            status = answer.status
        elif bare := self._bare.get(service.answers):
            call = Call(
                service=service,
                host=name,
                method=scope["method"],
                path=scope["path"],
                query=scope["query_string"].decode("latin-1"),
                authorization=authorization.decode("latin-1"),
                length=length,
                caller=caller,
                receive=receive,
            )
            try:
                answer = await bare(call)
            except BodyTooLarge:
                answer = too_large()
            except ClientGone:
                return
            await write(send, answer)
            status = answer.status
        else:
            status = await _run(self._apps[service.answers], scope, receive, send, length)
        error = f"answered {status}" if status >= 400 and status not in _ORDINARY else ""
        if error or caller is None or caller.tenant.evidence == "all":
            self._record(scope, name, status, error)

    def _record(self, scope: Scope, name: str, status: int, error: str) -> None:
        host, port = scope["server"]
        self._sink(
            Evidence(
                observer=OBSERVER,
                step="http",
                local=(host, port or 0),
                peer=scope["client"],
                name=name,
                http=HttpSeen(method=scope["method"], path=scope["path"], status=status),
                error=error,
            )
        )


def _misdirected(name: str, service: Service | None, scheme: str) -> Answer:
    if service is None:
        said = f"the host {name!r} is not one that this lab simulates. Check the name."
    else:
        said = f"the host {name!r} is simulated on port {service.port} only, and this request came by {scheme}."
    return refusal(421, "MisdirectedRequest", said)


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
