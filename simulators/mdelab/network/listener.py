"""Listens on TCP for a hop, hands each connection over, and leaves nothing open when it stops."""

import asyncio
import contextlib
import socket
import struct
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from mdelab.model.work import Address, Work
from mdelab.network.head import MAX_HEAD_BYTES

_BACKLOG = 1024
"""A fleet reconnects at once after an outage; the default of 100 would make the kernel drop its SYNs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """One accepted connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    slot: int
    """Which of the listeners accepted it."""
    local: Address
    """Our end."""
    peer: Address
    """The client's end."""


Handler = Callable[[Client], Awaitable[None]]
"""Serves one connection. A broken connection (OSError) ends it quietly; the listener closes the streams."""


class Listener:
    """The listening sockets of one hop, one for each slot, and the tasks of its open connections."""

    def __init__(self, handler: Handler) -> None:
        self._handler = handler
        self._servers: list[asyncio.Server] = []
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self, address: str, slots: int = 1, port: int = 0) -> list[Address]:
        """Listen `slots` times on `address` (an IP), on ports that the system chooses; their addresses in slot order.

        port: for a single slot, when the number matters. Raises OSError when it is taken.
        """
        try:
            for slot in range(slots):
                self._servers.append(
                    await asyncio.start_server(
                        self._accepting(slot), address, port, limit=MAX_HEAD_BYTES, backlog=_BACKLOG
                    )
                )
        except OSError:
            await self.stop()
            raise
        return [_address(server.sockets[0].getsockname()) for server in self._servers]

    async def stop(self) -> None:
        """Close the listening sockets and every open connection. Harmless when nothing is open."""
        servers, self._servers = self._servers, []
        for server in servers:
            server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for server in servers:
            await server.wait_closed()

    def _accepting(self, slot: int) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task is not None
            self._tasks.add(task)
            try:
                peer = writer.get_extra_info("peername")
                if peer and self._servers:  # the client was gone, or `stop` was called, before this began to run
                    local = _address(writer.get_extra_info("sockname"))
                    await self._handler(
                        Client(reader=reader, writer=writer, slot=slot, local=local, peer=_address(peer))
                    )
            except OSError:
                pass  # the client or the far side broke off; whoever saw it has recorded it
            except asyncio.CancelledError:
                pass  # `stop`; asyncio's own callback would report the cancellation as an error
            finally:
                await close(writer)
                self._tasks.discard(task)

        return serve


async def close(writer: asyncio.StreamWriter) -> None:
    """Close a stream and wait until it is closed; broken streams too."""
    writer.close()
    with contextlib.suppress(OSError, asyncio.CancelledError):
        await writer.wait_closed()


def reset(client: Client) -> None:
    """End a connection by a reset: without the option a socket that has been read to its end says goodbye."""
    linger = struct.pack("ii", 1, 0)
    client.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    client.writer.transport.abort()


async def hold(client: Client, work: Work) -> None:
    """Keep a connection and answer nothing, until the client leaves; whoever waits on it waits for time only."""
    work.hold(client.peer)
    try:
        while await client.reader.read(MAX_HEAD_BYTES):
            pass
    finally:
        work.release(client.peer)


def _address(pair: tuple[str, int]) -> Address:
    return (pair[0], pair[1])
