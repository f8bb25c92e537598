"""Bodies of the Starlette services, read within the same bounds as everywhere else."""

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from mdelab.cloud.answer import too_large
from mdelab.cloud.call import BodyTooLarge, ClientGone, read_body


async def bounded_body(request: Request) -> bytes:
    """The whole body. Raises BodyTooLarge or ClientGone, which `BODY_REFUSALS` answer."""
    return await read_body(request.receive, -1)


async def _too_large(_: Request, __: Exception) -> Response:
    answer = too_large()
    return Response(answer.body, answer.status, media_type=answer.content_type.decode())


async def _gone(_: Request, __: Exception) -> Response:
    """Nobody reads this."""
    return Response(status_code=400)


BODY_REFUSALS: Mapping[Any, Any] = {BodyTooLarge: _too_large, ClientGone: _gone}
"""Exception handlers for a Starlette application."""
