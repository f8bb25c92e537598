"""Bodies of the Starlette services, read within the same bounds as everywhere else."""

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from mdelab.cloud.answer import too_large
from mdelab.model.channel import MAX_BODY_BYTES


class BodyTooLarge(Exception):
    """The body is larger than `MAX_BODY_BYTES`."""


class ClientGone(Exception):
    """The client closed the connection before its body was whole."""


async def bounded_body(request: Request) -> bytes:
    """The whole body. Raises BodyTooLarge or ClientGone, which `BODY_REFUSALS` answer."""
    parts: list[bytes] = []
    size, more = 0, True
    while more:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        parts.append(message["body"])
        size += len(message["body"])
        if size > MAX_BODY_BYTES:
            raise BodyTooLarge
        more = message["more_body"]
    return b"".join(parts)


async def _too_large(_: Request, __: Exception) -> Response:
    answer = too_large()
    return Response(answer.body, answer.status, media_type=answer.content_type.decode())


async def _gone(_: Request, __: Exception) -> Response:
    """Nobody reads this."""
    return Response(status_code=400)


BODY_REFUSALS: Mapping[Any, Any] = {BodyTooLarge: _too_large, ClientGone: _gone}
"""Exception handlers for a Starlette application."""
