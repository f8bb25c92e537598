"""Entra's error body. Source: entra-docs reference-error-codes.md, v2-oauth2-client-creds-grant-flow.md."""

import uuid
from datetime import UTC, datetime

from starlette.responses import JSONResponse

_ERRORS = {
    7000215: ("invalid_client", 401),
    7000218: ("invalid_client", 401),
    700016: ("unauthorized_client", 400),
    90002: ("invalid_request", 400),
    500011: ("invalid_resource", 400),
    70011: ("invalid_scope", 400),
    1002012: ("invalid_scope", 400),
    700022: ("invalid_scope", 400),
    900144: ("invalid_request", 400),
    70003: ("unsupported_grant_type", 400),
}
"""AADSTS code -> OAuth error and HTTP status."""


class EntraFailure(Exception):
    """A request that Entra refuses."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message

    def response(self, now: datetime | None) -> JSONResponse:
        """now: the tenant's time, when the tenant is known."""
        error, status = _ERRORS[self.code]
        trace, correlation = str(uuid.uuid4()), str(uuid.uuid4())
        stamp = f"{now or datetime.now(UTC):%Y-%m-%d %H:%M:%S}Z"
        return JSONResponse(
            {
                "error": error,
                "error_description": f"AADSTS{self.code}: {self.message}\r\nTrace ID: {trace}\r\n"
                f"Correlation ID: {correlation}\r\nTimestamp: {stamp}",
                "error_codes": [self.code],
                "timestamp": stamp,
                "trace_id": trace,
                "correlation_id": correlation,
                "error_uri": f"https://login.microsoftonline.com/error?code={self.code}",
            },
            status,
        )
