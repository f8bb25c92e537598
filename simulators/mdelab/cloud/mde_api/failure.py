"""The API's error body. Source: defender-docs api/common-errors.md."""

import uuid
from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

_STATUS = {
    "BadRequest": 400,
    "ODataError": 400,
    "InvalidInput": 400,
    "InvalidRequestBody": 400,
    "InvalidIpAddress": 400,
    "InvalidHashValue": 400,
    "MaximumBatchSizeExceeded": 400,
    "MissingRequiredParameter": 400,
    "OsPlatformNotSupported": 400,
    "ActiveRequestAlreadyExists": 400,
    "Unauthorized": 401,
    "Forbidden": 403,
    "NotFound": 404,
    "ResourceNotFound": 404,
    "MethodNotAllowed": 405,
    "TooManyRequests": 429,
    "InternalServerError": 500,
}


class ApiFailure(Exception):
    """A request that the API refuses. code: one of the documented ones."""

    def __init__(self, code: str, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.headers = headers


def error_response(code: str, message: str, headers: Mapping[str, str] | None = None) -> Response:
    body = {"error": {"code": code, "message": message, "target": str(uuid.uuid4())}}
    return JSONResponse(body, _STATUS[code], headers)


async def on_failure(_: Request, failure: Exception) -> Response:
    assert isinstance(failure, ApiFailure)
    return error_response(failure.code, failure.message, failure.headers)


async def on_unknown_path(request: Request, _: Exception) -> Response:
    return error_response(
        "NotFound", f"the lab's Defender API has no {request.method} {request.url.path!r}. Check the path."
    )


async def on_wrong_method(request: Request, _: Exception) -> Response:
    return error_response(
        "MethodNotAllowed", f"{request.url.path!r} does not take {request.method}. Check the documentation."
    )


async def on_defect(_: Request, __: Exception) -> Response:
    """The documentation gives this one no message; what went wrong is in the lab's log."""
    return error_response("InternalServerError", "")
