"""HTTP on one connection: uvicorn's protocol (httptools; never h11), with a short way for the services that speak in values.

uvicorn's way through ASGI costs an event, three dictionaries and two writes a request, and reads each header of an answer
with regular expressions. A request to a bare service has none of that: its body is collected within bounds, the service is
asked once, and its answer is one write. Everything else goes uvicorn's way (docs/decisions/0008). What is answered is
decided elsewhere; here is also what can be said before there is a request: no HTTP, or too long a head.
"""

import asyncio
import logging
from typing import Any, cast
from urllib.parse import unquote

import httptools
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from mdelab.cloud.answer import Answer, failed, head, refusal, too_large
from mdelab.cloud.call import Call
from mdelab.cloud.dispatch import OBSERVER, Bare, Dispatcher
from mdelab.model.channel import MAX_BODY_BYTES
from mdelab.model.evidence import Evidence, EvidenceSink, HttpSeen
from mdelab.model.work import Address

MOST_HEAD_BYTES = 65_536

_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"

_log = logging.getLogger("mdelab.cloud")


class _Nobody:
    """Stands where uvicorn would wake a request that waits for its body; a bare one never waits."""

    def set(self) -> None:
        pass


_NOBODY = _Nobody()


class _Exchange:
    """One request to a bare service, and how far it is.

    uvicorn's protocol keeps it where it keeps its own requests, so that both kinds can follow each other on a connection;
    it uses `disconnected`, `response_complete` and `message_event`.
    """

    __slots__ = (
        "answer", "bare", "call", "disconnected", "is_turn", "is_whole", "keep_alive", "message_event", "must_continue",
        "parts", "response_complete", "size",
    )  # fmt: skip

    def __init__(self, call: Call, bare: Bare, answer: Answer | None, keep_alive: bool, must_continue: bool) -> None:
        self.call = call
        self.bare = bare
        self.answer = answer
        """Known before the service is asked, such as 413; what is left of the body is thrown away then."""
        self.keep_alive = keep_alive
        self.must_continue = must_continue
        """The client waits for 100 before it sends the body."""
        self.is_turn = False
        """Whether everything that came before it on the connection is answered."""
        self.is_whole = False
        self.parts: list[bytes] = []
        self.size = 0
        self.disconnected = False
        self.response_complete = False
        self.message_event = _NOBODY


class Protocol(HttpToolsProtocol):
    """One connection."""

    cycle: Any
    """The last request: uvicorn's RequestResponseCycle, or an _Exchange."""

    def __init__(self, config: Config, state: ServerState, dispatcher: Dispatcher, sink: EvidenceSink) -> None:
        super().__init__(config, state, {})
        self._dispatcher = dispatcher
        self._sink = sink
        self._head_bytes = 0
        self._in_head = True
        self._has_advanced = False
        self._idle_since: float | None = None
        """By the loop's time; None while a request arrives or is answered."""
        self._idle_timer: asyncio.TimerHandle | None = None

    def data_received(self, data: bytes) -> None:
        self._has_advanced = False
        self._idle_since = None
        super().data_received(data)
        if self._in_head and not self._has_advanced:
            # All of it was head: what was read before the head's end is bounded by the size of one read.
            self._head_bytes += len(data)
            if self._head_bytes > MOST_HEAD_BYTES and not self.transport.is_closing():
                self._refuse(
                    431, "HeadTooLarge", f"the request's head is larger than {MOST_HEAD_BYTES} bytes. Shorten it."
                )

    def on_headers_complete(self) -> None:
        self._in_head, self._has_advanced, self._head_bytes = False, True, 0
        host, authorization, length = b"", b"", 0
        for name, value in self.headers:
            if name == b"host":
                host = value
            elif name == b"authorization":
                authorization = value
            elif name == b"content-length":
                length = int(value)
        target = self._dispatcher.target(host, self.scheme or "")
        if target.bare is None:
            super().on_headers_complete()
            return
        path, query = _split(self.url)
        call = Call(
            service=target.service,
            host=target.host,
            method=self.parser.get_method().decode("ascii"),
            path=path,
            query=query,
            authorization=authorization.decode("latin-1"),
            caller=self._dispatcher.caller(self.client),
        )
        keep_alive = self.parser.should_keep_alive() and self.parser.get_http_version() != "1.0"
        answer = too_large() if length > MAX_BODY_BYTES else None
        bare = self._dispatcher.answering(call) or target.bare
        exchange = _Exchange(call, bare, answer, keep_alive, self.expect_100_continue)
        before, self.cycle = self.cycle, exchange
        if before is None or before.response_complete:
            self._take_turn(exchange)
        else:
            self.flow.pause_reading()
            self.pipeline.appendleft((self.cycle, self.app))

    def on_body(self, body: bytes) -> None:
        exchange = self.cycle
        if not isinstance(exchange, _Exchange):
            super().on_body(body)
        elif exchange.answer is None:
            exchange.parts.append(body)
            exchange.size += len(body)
            if exchange.size > MAX_BODY_BYTES:
                exchange.answer = too_large()
                exchange.parts.clear()
                if exchange.is_turn:
                    self._finish(exchange, exchange.answer)

    def on_message_complete(self) -> None:
        self._in_head, self._has_advanced = True, True
        exchange = self.cycle
        if not isinstance(exchange, _Exchange):
            super().on_message_complete()
            return
        exchange.is_whole = True
        if exchange.response_complete:
            # Refused while its body was still arriving: closing before its end could cost the client the answer.
            if not exchange.keep_alive:
                self.transport.close()
        elif exchange.is_turn:
            self._begin(exchange)

    def send_400_response(self, msg: str) -> None:
        """uvicorn calls this for what httptools cannot read."""
        self._refuse(
            400, "NotHttp", "the bytes received are no HTTP/1.1 request. Send one, such as GET /test HTTP/1.1."
        )

    def on_response_complete(self) -> None:
        """uvicorn calls this too. Its own timer is set anew for each answer; this one looks now and then."""
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
            return
        self._idle_since = self.loop.time()
        if self._idle_timer is None:
            self._idle_timer = self.loop.call_later(self.timeout_keep_alive, self._look_whether_idle)

    def _look_whether_idle(self) -> None:
        self._idle_timer = None
        if self._idle_since is None:
            return  # The next answer sets the timer.
        left_s = self._idle_since + self.timeout_keep_alive - self.loop.time()
        if left_s <= 0:
            self.transport.close()
        else:
            self._idle_timer = self.loop.call_later(left_s, self._look_whether_idle)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._idle_timer is not None:
            self._idle_timer.cancel()
        super().connection_lost(exc)

    def _start_asgi_task(self, cycle: Any, app: Any) -> None:
        """uvicorn calls this when the turn of a waiting request has come."""
        if isinstance(cycle, _Exchange):
            self._take_turn(cycle)
        else:
            super()._start_asgi_task(cycle, app)

    def _take_turn(self, exchange: _Exchange) -> None:
        exchange.is_turn = True
        if exchange.answer is not None:
            self._finish(exchange, exchange.answer)
        elif exchange.is_whole:
            self._begin(exchange)
        elif exchange.must_continue:
            self.transport.write(_CONTINUE)

    def _begin(self, exchange: _Exchange) -> None:
        parts = exchange.parts
        exchange.call.body = parts[0] if len(parts) == 1 else b"".join(parts)
        task = self.loop.create_task(self._ask(exchange))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def _ask(self, exchange: _Exchange) -> None:
        try:
            answer = await exchange.bare(exchange.call)
        except Exception:
            _log.exception("the mock cloud failed to answer %s https://%s%s", *_what(exchange.call))
            answer, exchange.keep_alive = failed(), False
        if self.flow.write_paused:
            await self.flow.drain()
        self._finish(exchange, answer)

    def _finish(self, exchange: _Exchange, answer: Answer) -> None:
        call = exchange.call
        exchange.response_complete = True
        if not self.transport.is_closing():
            lines = head(answer, self.server_state.default_headers, exchange.keep_alive)
            self.transport.write(lines if call.method == "HEAD" else lines + answer.body)
            if exchange.is_whole and not exchange.keep_alive:
                self.transport.close()
        self._dispatcher.note(call, answer.status, self.client, self.server)
        self.on_response_complete()

    def _refuse(self, status: int, code: str, message: str) -> None:
        answer = refusal(status, code, message)
        self.transport.write(head(answer, self.server_state.default_headers, keep_alive=False) + answer.body)
        self.transport.close()
        if self.client is not None:
            self._sink(
                Evidence(
                    observer=OBSERVER, step="http", local=cast(Address, self.server), peer=self.client,
                    http=HttpSeen(method="", path="", status=status), error=message,
                )
            )  # fmt: skip


def _split(url: bytes) -> tuple[str, str]:
    """Path and query of a request's target. Raises what becomes a 400 for one that is no URL."""
    if url.startswith(b"/") and b"?" not in url and b"%" not in url and b"#" not in url:
        return url.decode("ascii"), ""
    parsed = httptools.parse_url(url)
    path = parsed.path.decode("ascii")
    return unquote(path) if "%" in path else path, (parsed.query or b"").decode("latin-1")


def _what(call: Call) -> tuple[str, str, str]:
    return call.method, call.host, call.path
