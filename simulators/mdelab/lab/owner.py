"""What the process of a lab and the one that started it say to each other, over its standard input and output."""

import asyncio
import sys

import msgspec

from mdelab.lab.state import Ready


def say(ready: Ready) -> None:
    """Say that the lab is ready, or why it could not start: one line of JSON."""
    sys.stdout.write(msgspec.json.encode(ready).decode() + "\n")
    sys.stdout.flush()


async def watch_owner(ended: asyncio.Event) -> None:
    """Set `ended` when standard input closes: the owner is gone."""
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin.buffer)
    try:
        while await reader.read(4096):
            pass
        ended.set()
    finally:
        transport.close()
