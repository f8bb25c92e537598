"""Asks a proxy for a tunnel (CONNECT) over a wire that reaches it."""

import asyncio
import re

from mdelab.endpoint.wire import Wire

_MOST_HEAD_BYTES = 65_536
_STATUS = re.compile(rb"HTTP/1\.[01] (\d{3})(?: |\r|$)")


class _Head:
    """Collects the proxy's answer up to its blank line."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self.done: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    def received(self, data: bytes) -> None:
        self._buffer += data
        if not self.done.done() and (b"\r\n\r\n" in self._buffer or len(self._buffer) > _MOST_HEAD_BYTES):
            self.done.set_result(bytes(self._buffer))

    def ended(self, error: Exception | None) -> None:
        if not self.done.done():
            self.done.set_result(bytes(self._buffer) if error is None else b"")


async def connect_through(wire: Wire, host: str, port: int, user_agent: str) -> tuple[int, str]:
    """(status of the answer, what failed in curl's words or ""). Status 0: no answer that could be read.

    Afterwards, when nothing failed, the wire speaks to the host.
    """
    head = _Head()
    wire.receive, wire.ended = head.received, head.ended
    wire.write(
        f"CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\nUser-Agent: {user_agent}\r\n"
        "Proxy-Connection: Keep-Alive\r\n\r\n".encode("latin-1")
    )
    answer = await head.done
    wire.receive = wire.ended = None
    if not answer:
        return 0, "Proxy CONNECT aborted"
    match = _STATUS.match(answer)
    status = int(match[1]) if match else 0
    if not 200 <= status < 300:
        return status, f"CONNECT tunnel failed, response {status}"
    if wire.is_closed:
        return status, "Proxy CONNECT aborted"
    # Bytes after the blank line are the host's; no server that speaks TLS or HTTP speaks first.
    wire.receive_early(answer.partition(b"\r\n\r\n")[2])
    return status, ""
