"""A client that posts over kept-alive TLS connections as fast as the server answers: the same for every server compared.

It writes prepared bytes and looks only for the end of the answer, so that it is cheaper than any server it measures.
"""

import asyncio
import ssl
from collections.abc import Callable
from typing import cast

import httptools


class _Connection(asyncio.Protocol):
    """One request in flight at a time; the next is written when the answer is complete."""

    def __init__(self, next_request: Callable[[], bytes | None], done: asyncio.Future[None]) -> None:
        self._next = next_request
        self._done = done
        self.answers: dict[int, int] = {}

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's transports are no subclass of it
        self._parser = httptools.HttpResponseParser(self)
        self._send()

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_complete(self) -> None:
        status = self._parser.get_status_code()
        self.answers[status] = self.answers.get(status, 0) + 1
        self._parser = httptools.HttpResponseParser(self)
        self._send()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._done.done():
            self._done.set_result(None)

    def _send(self) -> None:
        request = self._next()
        if request is None:
            self._transport.close()
        else:
            self._transport.write(request)


async def post(
    address: tuple[str, int],
    *,
    context: ssl.SSLContext,
    server_name: str,
    connections: int,
    next_request: Callable[[], bytes | None],
    local: str | None = None,
) -> dict[int, int]:
    """Send requests until `next_request` gives None. Answers: HTTP status -> how often.

    next_request: whole HTTP/1.1 requests. local: source IP address of the connections.
    """
    loop = asyncio.get_running_loop()
    made: list[tuple[_Connection, asyncio.Future[None]]] = []
    for _ in range(connections):
        done: asyncio.Future[None] = loop.create_future()
        connection = _Connection(next_request, done)
        await loop.create_connection(
            lambda connection=connection: connection,
            *address,
            ssl=context,
            server_hostname=server_name,
            local_addr=(local, 0) if local else None,
        )
        made.append((connection, done))
    await asyncio.gather(*(done for _, done in made))
    answers: dict[int, int] = {}
    for connection, _ in made:
        for status, times in connection.answers.items():
            answers[status] = answers.get(status, 0) + times
    return answers
