"""Entra's error body. Which status goes with a code is `catalogue/aadsts.toml`."""

import uuid
from datetime import UTC, datetime

from starlette.responses import JSONResponse

from mdelab.catalogue.aadsts import codes


class EntraFailure(Exception):
    """A request that Entra refuses. code: one of catalogue/aadsts.toml."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message

    def response(self, now: datetime | None, correlation: str = "") -> JSONResponse:
        """now: the tenant's time, when the tenant is known. correlation: the `client-request-id` of the request."""
        row = codes()[self.code]
        trace = str(uuid.uuid4())
        correlation = _guid(correlation) or str(uuid.uuid4())
        stamp = f"{now or datetime.now(UTC):%Y-%m-%d %H:%M:%S}Z"
        return JSONResponse(
            {
                "error": row.error,
                "error_description": f"AADSTS{self.code}: {self.message}\r\nTrace ID: {trace}\r\n"
                f"Correlation ID: {correlation}\r\nTimestamp: {stamp}",
                "error_codes": [self.code],
                "timestamp": stamp,
                "trace_id": trace,
                "correlation_id": correlation,
                "error_uri": f"https://login.microsoftonline.com/error?code={self.code}",
            },
            row.status,
        )


def missing(parameter: str) -> EntraFailure:
    return EntraFailure(900144, f"The request body must contain the following parameter: '{parameter}'.")


def _guid(text: str) -> str:
    """`text` as a GUID in its usual form; "" when it is none."""
    try:
        return str(uuid.UUID(text))
    except ValueError:
        return ""
