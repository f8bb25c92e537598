"""Accepts connections, does the TLS handshake and hands the bytes to `protocol.py`.

uvicorn's own server is not used, because it says nothing about handshakes that fail: those are evidence too. SNI is
known through the context's callback, which finds its connection by a context variable (it works on asyncio and uvloop).
"""

import asyncio
import logging
import socket
import ssl
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass

from uvicorn.config import Config
from uvicorn.server import ServerState

from mdelab.cloud.dispatch import OBSERVER, Dispatcher
from mdelab.cloud.faults import Presenting, acting
from mdelab.cloud.protocol import Protocol
from mdelab.model.errors import NotReady
from mdelab.model.evidence import Evidence, EvidenceSink, TlsSeen
from mdelab.model.tenant import Caller, Directory
from mdelab.model.work import Address

KEEP_ALIVE_S = 75
"""As nginx does; an agent with a held clock keeps its connection over hours of its own time."""
HANDSHAKE_TIMEOUT_S = 20.0
_BACKLOG = 2048
_CLOSING_S = 5.0
_RETRY_ACCEPT_S = 0.1

_log = logging.getLogger("mdelab.cloud")


@dataclass(slots=True, kw_only=True)
class _Hello:
    """What the client said in its handshake so far, and what is made of it."""

    caller: Caller | None
    flawed: Mapping[str, ssl.SSLContext]
    sni: str = ""
    fault: str = ""
    """The id of the fault that chose the certificate."""

    def context(self) -> ssl.SSLContext | None:
        """The context that a fault puts in the place of the cloud's own."""
        if self.caller is None:
            return None
        self.fault, verdict = acting(self.caller, self.sni, Presenting)
        return self.flawed[verdict.flaw] if verdict else None


_hello: ContextVar[_Hello | None] = ContextVar("mdelab_cloud_hello", default=None)


def _note_name(session: ssl.SSLObject | ssl.SSLSocket, name: str | None, _: ssl.SSLContext) -> None:
    hello = _hello.get()
    if hello is not None:
        hello.sni = name or ""
        if other := hello.context():
            session.context = other


class Acceptor:
    """The HTTPS and the HTTP port of the cloud."""

    def __init__(
        self,
        dispatcher: Dispatcher,
        tls: ssl.SSLContext,
        directory: Directory,
        sink: EvidenceSink,
        lab_id: str,
        flawed: Mapping[str, ssl.SSLContext],
    ) -> None:
        """tls: its SNI callback is set here, so it belongs to this acceptor. flawed: by what is wrong with each."""
        tls.sni_callback = _note_name
        self._tls = tls
        self._flawed = flawed
        self._directory = directory
        self._sink = sink
        self._dispatcher = dispatcher
        self._config = Config(
            dispatcher,
            http="httptools",
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            timeout_keep_alive=KEEP_ALIVE_S,
            interface="asgi3",
        )
        self._config.load()
        self._state = ServerState()
        self._state.default_headers = [(b"x-mdelab", lab_id.encode())]
        self._listeners: list[socket.socket] = []
        self._accepting: list[asyncio.Task[None]] = []
        self._handshakes: set[asyncio.Task[None]] = set()

    async def start(self, address: str, https_port: int = 0, http_port: int = 0) -> tuple[Address, Address]:
        """Listen on `address`; returns where HTTPS and HTTP are. 0 is a port that the system chooses."""
        return self._listen(address, https_port, self._tls), self._listen(address, http_port, None)

    async def stop(self) -> None:
        """Close the ports and every connection; returns when nothing is left."""
        for task in self._accepting:
            task.cancel()
        await asyncio.gather(*self._accepting, return_exceptions=True)
        for listener in self._listeners:
            listener.close()
        for task in list(self._handshakes):
            task.cancel()
        await asyncio.gather(*self._handshakes, return_exceptions=True)
        for protocol in list(self._state.connections):
            protocol.transport.abort()
        try:
            async with asyncio.timeout(_CLOSING_S):
                # A request under way sees its client gone and ends.
                while self._state.connections or self._state.tasks:
                    await asyncio.wait(self._state.tasks, timeout=0.01) if self._state.tasks else await asyncio.sleep(0)
        except TimeoutError as error:
            left = f"{len(self._state.connections)} connections and {len(self._state.tasks)} requests"
            raise NotReady(
                f"the mock cloud did not close within {_CLOSING_S:g} s: {left} are left, because they did not end when their "
                "client was gone. Report this with the lab's log."
            ) from error

    def _listen(self, address: str, port: int, tls: ssl.SSLContext | None) -> Address:
        listener = socket.create_server((address, port), backlog=_BACKLOG)
        listener.setblocking(False)
        self._listeners.append(listener)
        self._accepting.append(asyncio.create_task(self._accept(listener, tls)))
        host, port = listener.getsockname()[:2]
        return str(host), int(port)

    async def _accept(self, listener: socket.socket, tls: ssl.SSLContext | None) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                connection, peer = await loop.sock_accept(listener)
            except OSError as error:
                # Out of descriptors, or a client that left while it waited: the lab goes on.
                _log.warning("the mock cloud could not accept a connection: %s", error)
                await asyncio.sleep(_RETRY_ACCEPT_S)
                continue
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            task = asyncio.create_task(self._serve(connection, (str(peer[0]), int(peer[1])), tls))
            self._handshakes.add(task)
            task.add_done_callback(self._handshakes.discard)

    async def _serve(self, connection: socket.socket, peer: Address, tls: ssl.SSLContext | None) -> None:
        loop = asyncio.get_running_loop()
        host, port = connection.getsockname()[:2]
        local = (str(host), int(port))
        hello = _Hello(caller=self._directory.caller(peer[0]), flawed=self._flawed)
        _hello.set(hello)
        try:
            if tls is None:
                await loop.connect_accepted_socket(self._protocol, connection)
                return
            transport, _ = await loop.connect_accepted_socket(
                self._protocol, connection, ssl=tls, ssl_handshake_timeout=HANDSHAKE_TIMEOUT_S
            )
        except (OSError, ssl.SSLError) as error:
            connection.close()
            self._sink(
                Evidence(
                    observer=OBSERVER, step="tls", local=local, peer=peer, name=hello.sni, tls=_failed(hello, error),
                    error=_words(error), fault=hello.fault,
                )
            )  # fmt: skip
            return
        except asyncio.CancelledError:
            connection.close()
            raise
        if hello.caller is None or hello.caller.tenant.evidence == "all":
            session = transport.get_extra_info("ssl_object")
            version = (session.version() if session else None) or ""
            seen = TlsSeen(outcome="established", sni=hello.sni, version=version)
            self._sink(
                Evidence(
                    observer=OBSERVER, step="tls", local=local, peer=peer, name=hello.sni, tls=seen, fault=hello.fault
                )
            )

    def _protocol(self) -> Protocol:
        return Protocol(self._config, self._state, self._dispatcher, self._sink)


def _failed(hello: _Hello, error: OSError) -> TlsSeen:
    reason = getattr(error, "reason", None) or ""
    if "ALERT" in reason:
        # OpenSSL: TLSV1_ALERT_UNKNOWN_CA, SSLV3_ALERT_BAD_CERTIFICATE
        return TlsSeen(outcome="refused", sni=hello.sni, alert=reason.partition("ALERT_")[2].replace("_", " ").lower())
    return TlsSeen(outcome="broken", sni=hello.sni)


def _words(error: OSError) -> str:
    if isinstance(error, ssl.SSLError):
        return str(error.reason or error)
    if isinstance(error, ConnectionResetError):
        return "the client closed the connection during the handshake"
    return str(error) or type(error).__name__
