"""Carries bytes between two streams at the speed of the slower side."""

import asyncio
from collections.abc import Callable

_CHUNK_BYTES = 65_536

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
"""Both directions of one connection."""


async def splice(near: Streams, far: Streams, on_data: Callable[[bytes], None] | None = None) -> None:
    """Carry bytes both ways until both sides have finished or one of them broke.

    The end of one direction is passed on as a half-close, so that an answer to a finished request still arrives. A reset
    on one side resets the other. The streams are left for the caller to close. on_data: sees what comes from `near`.
    """
    ways = [asyncio.ensure_future(_tunnel(near[0], far[1], on_data)), asyncio.ensure_future(_tunnel(far[0], near[1]))]
    is_broken = False
    try:
        done, _ = await asyncio.wait(ways, return_when=asyncio.FIRST_EXCEPTION)
        is_broken = any(way.exception() for way in done)
    finally:
        await cancel(*ways)
    if is_broken:
        near[1].transport.abort()
        far[1].transport.abort()


async def carry(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, on_data: Callable[[bytes], None] | None = None
) -> None:
    """Carry bytes one way until `reader` ends. on_data: sees each piece before it is passed on. Raises OSError."""
    while data := await reader.read(_CHUNK_BYTES):
        if on_data:
            on_data(data)
        writer.write(data)
        await writer.drain()


async def cancel(*tasks: asyncio.Future[None]) -> None:
    """Cancel tasks and wait until they have ended; how they ended does not matter any more."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _tunnel(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, on_data: Callable[[bytes], None] | None = None
) -> None:
    await carry(reader, writer, on_data)
    if not writer.is_closing():
        writer.write_eof()
