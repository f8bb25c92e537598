"""The API's error body. Source: defender-docs api/common-errors.md."""

import uuid

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

_STATUS = {
    "BadRequest": 400,
    "ODataError": 400,
    "InvalidInput": 400,
    "InvalidRequestBody": 400,
    "MissingRequiredParameter": 400,
    "OsPlatformNotSupported": 400,
    "Unauthorized": 401,
    "Forbidden": 403,
    "NotFound": 404,
    "ResourceNotFound": 404,
    "MethodNotAllowed": 405,
}


class ApiFailure(Exception):
    """A request that the API refuses. code: one of the documented ones."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def error_response(code: str, message: str) -> Response:
    body = {"error": {"code": code, "message": message, "target": str(uuid.uuid4())}}
    return JSONResponse(body, _STATUS[code])


async def on_failure(_: Request, failure: Exception) -> Response:
    assert isinstance(failure, ApiFailure)
    return error_response(failure.code, failure.message)


async def on_unknown_path(request: Request, _: Exception) -> Response:
    return error_response(
        "NotFound", f"the lab's Defender API has no {request.method} {request.url.path!r}. Check the path."
    )


async def on_wrong_method(request: Request, _: Exception) -> Response:
    return error_response(
        "MethodNotAllowed", f"{request.url.path!r} does not take {request.method}. Check the documentation."
    )
