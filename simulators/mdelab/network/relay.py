"""Carries one plain HTTP exchange from a proxy's client to the origin server, and reads the answer's status on the way."""

import asyncio
import re
from collections.abc import Callable

from mdelab.network.head import Head
from mdelab.network.splice import Streams, cancel, carry

_STATUS_LINE = re.compile(rb"HTTP/1\.[01] ([0-9]{3})[ \r]")
_STATUS_BYTES = 13
"""As far as the status line must be read: `HTTP/1.1 200 `."""


async def relay(head: Head, near: Streams, far: Streams, on_status: Callable[[int], None]) -> None:
    """Send the request on in origin form and carry the answer back until the origin server ends it.

    on_status: called once, before the client sees the answer; with 0 when no valid status line came. The request goes
    on with `Connection: close`, so this is one exchange a connection. Raises OSError when a side breaks off.
    """
    first = bytearray()
    is_known = False

    def look(data: bytes) -> None:
        nonlocal is_known
        if not is_known:
            first.extend(data[:_STATUS_BYTES])
            if len(first) >= _STATUS_BYTES:
                is_known = True
                match = _STATUS_LINE.match(first)
                on_status(int(match[1]) if match else 0)

    far[1].write(head.onward())
    body = asyncio.ensure_future(carry(near[0], far[1]))
    try:
        await carry(far[0], near[1], look)
    finally:
        await cancel(body)
        if not is_known:
            on_status(0)
