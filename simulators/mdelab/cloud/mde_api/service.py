"""The Defender API, assembled: its operations on every host and version prefix that it has."""

from typing import Any

from starlette.applications import Starlette
from starlette.routing import Mount

from mdelab.cloud.asgi import App, Receive, Scope, Send
from mdelab.cloud.body import BODY_REFUSALS
from mdelab.cloud.entra.tokens import Tokens
from mdelab.cloud.estate import Estates
from mdelab.cloud.mde_api.access import Gate
from mdelab.cloud.mde_api.action_calls import ActionCalls
from mdelab.cloud.mde_api.alert_calls import AlertCalls
from mdelab.cloud.mde_api.failure import ApiFailure, on_defect, on_failure, on_unknown_path, on_wrong_method
from mdelab.cloud.mde_api.limits import Limits
from mdelab.cloud.mde_api.machine_calls import MachineCalls
from mdelab.cloud.telemetry import Telemetry


def mde_api(estates: Estates, tokens: Tokens, telemetry: Telemetry, limits: Limits) -> App:
    """The ASGI application."""
    gate = Gate(tokens, limits)
    routes = [
        *MachineCalls(estates, gate).routes(),
        *AlertCalls(estates, gate, telemetry).routes(),
        *ActionCalls(estates, gate).routes(),
    ]
    handlers: dict[Any, Any] = {
        ApiFailure: on_failure,
        404: on_unknown_path,
        405: on_wrong_method,
        500: on_defect,
        **BODY_REFUSALS,
    }
    api = Starlette(
        routes=[Mount("/api/v1.0", routes=routes), Mount("/api", routes=routes)], exception_handlers=handlers
    )

    async def in_any_case(scope: Scope, receive: Receive, send: Send) -> None:
        """Paths are taken in any case, since the documents mix it: runAntiVirusScan, StopAndQuarantineFile, /API/."""
        await api({**scope, "path": scope["path"].lower(), "raw_path": None}, receive, send)

    return in_any_case
