"""One request to a service that speaks bare ASGI: what it is about, and its body read within bounds."""

from dataclasses import dataclass

from mdelab.catalogue import Service
from mdelab.cloud.asgi import Receive
from mdelab.model.channel import MAX_BODY_BYTES
from mdelab.model.tenant import Caller


class BodyTooLarge(Exception):
    """The body is larger than `MAX_BODY_BYTES`."""


class ClientGone(Exception):
    """The client closed the connection before its body was whole."""


@dataclass(slots=True, kw_only=True)
class Call:
    """A request whose head was read."""

    service: Service
    host: str
    method: str
    path: str
    query: str
    authorization: str
    """The header's value; "" without one."""
    length: int
    """Content-Length; -1 when the body's length is not told beforehand."""
    caller: Caller | None
    """The endpoint at the other end; None for a client that is none."""
    receive: Receive

    async def body(self) -> bytes:
        """The whole body. Raises BodyTooLarge (told by Content-Length: before anything is read) or ClientGone."""
        return await read_body(self.receive, self.length)


async def read_body(receive: Receive, length: int) -> bytes:
    """The same for an ASGI application's `receive`. length: Content-Length, -1 when there is none."""
    if length > MAX_BODY_BYTES:
        raise BodyTooLarge
    parts: list[bytes] = []
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        parts.append(message["body"])
        size += len(message["body"])
        if size > MAX_BODY_BYTES:
            raise BodyTooLarge
        more = message["more_body"]
    return parts[0] if len(parts) == 1 else b"".join(parts)
