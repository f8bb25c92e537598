"""Serves the control API of one lab on loopback."""

import asyncio
import contextlib
import inspect
import logging
import secrets
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import msgspec
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from mdelab import __version__
from mdelab.lab.call import Ask, Call
from mdelab.lab.calls import CALLS
from mdelab.lab.estate import Lab
from mdelab.lab.openapi import describe
from mdelab.lab.refusals import Exists, Unknown
from mdelab.lab.wire import Problem
from mdelab.model.errors import LabError, NotReady

MAX_BODY_BYTES = 16 * 1024 * 1024
"""A file that a scenario puts on a device is the largest thing that comes in."""

_log = logging.getLogger(__name__)


class ControlServer:
    """The API's server; `address` and `token` are what a client needs."""

    def __init__(self, lab: Lab, host: str = "127.0.0.1", port: int = 0, token: str = "") -> None:
        """port: 0 for one that the system chooses. token: made up when ""."""
        self._lab = lab
        self.token = token or secrets.token_urlsafe(24)
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind((host, port))
        bound_host, bound_port = self._socket.getsockname()
        self.address = f"http://{bound_host}:{bound_port}"

    @contextlib.asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        """Serve while the block runs."""
        config = uvicorn.Config(
            self._app(),
            http="httptools",
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
        )
        server = _Server(config)
        task = asyncio.create_task(server.serve(sockets=[self._socket]))
        try:
            await server.is_up.wait()
            yield
        finally:
            server.should_exit = True
            await task
            self._socket.close()

    def _app(self) -> Starlette:
        routes = [Route(call.path, self._endpoint(call), methods=[call.method]) for call in CALLS]
        description = describe()
        open_routes = {
            "/healthz": lambda request: PlainTextResponse("OK"),
            "/readyz": lambda request: PlainTextResponse("OK"),
            "/version": lambda request: JSONResponse({"version": __version__, "lab": self._lab.id}),
            "/openapi.json": lambda request: JSONResponse(description),
            "/metrics": lambda request: PlainTextResponse(self._metrics()),
        }
        # `diagnosis` and the like must be matched before the paths that swallow everything.
        routes.sort(key=lambda route: "{path:path}" in route.path)
        return Starlette(
            routes=[*(Route(path, view, methods=["GET"]) for path, view in open_routes.items()), *routes],
            exception_handlers={404: self._no_such_call, 405: self._no_such_call},
        )

    def _endpoint(self, call: Call) -> Callable[[Request], Awaitable[Response]]:
        decoder = msgspec.json.Decoder(call.body) if call.body is not None else None

        async def answer(request: Request) -> Response:
            if not secrets.compare_digest(request.headers.get("authorization", ""), f"Bearer {self.token}"):
                advice = "Send `Authorization: Bearer <token>` with the token of the lab's state file."
                return self._problem(401, "unauthorized", f"the call carries no token of this lab. {advice}")
            try:
                body = decoder.decode(await _body(request)) if decoder is not None else None
                result = call.verb(self._lab, Ask(path=request.path_params, query=request.query_params, body=body))
                if inspect.isawaitable(result):
                    result = await result
            except Exception as error:  # the one place where every failure becomes an answer
                return self._failure(call, error)
            headers = {"X-Mdelab": self._lab.id}
            if call.answer is None:
                return Response(status_code=204, headers=headers)
            return Response(msgspec.json.encode(result), media_type="application/json", headers=headers)

        return answer

    def _failure(self, call: Call, error: Exception) -> Response:
        match error:
            case _TooLarge():
                return self._problem(413, "too-large", str(error))
            case msgspec.DecodeError():
                return self._problem(400, "bad-request", f"the body does not fit {call.method} {call.path}: {error}.")
            case Unknown():
                return self._problem(404, f"unknown-{error.kind}", str(error))
            case Exists():
                return self._problem(409, "exists", str(error))
            case LabError():
                return self._problem(422, "impossible", str(error))
            case NotReady():
                return self._problem(504, "not-quiet", str(error))
            case _:
                _log.error("%s %s failed", call.method, call.path, exc_info=error)
                what = f"{type(error).__name__}: {error}"
                return self._problem(
                    500,
                    "lab-failed",
                    f"the lab failed while it answered ({what}). Its log has the details: {self._log_hint()}.",
                )

    def _log_hint(self) -> str:
        return f"{self._lab.info().folder}/lab.log"

    def _problem(self, status: int, code: str, message: str) -> Response:
        return Response(
            msgspec.json.encode(Problem(code=code, message=message)),
            status_code=status,
            media_type="application/json",
            headers={"X-Mdelab": self._lab.id},
        )

    def _no_such_call(self, request: Request, error: Exception) -> Response:
        return self._problem(
            404,
            "unknown-call",
            f"the API has no {request.method} {request.url.path}. GET /openapi.json lists its calls.",
        )

    def _metrics(self) -> str:
        """Prometheus text with bounded labels: never a device's id."""
        tenants = self._lab.tenants.all()
        endpoints = sum(len(tenant.endpoints) for tenant in tenants)
        return (
            "# TYPE mdelab_tenants gauge\n"
            f"mdelab_tenants {len(tenants)}\n"
            "# TYPE mdelab_endpoints gauge\n"
            f"mdelab_endpoints {endpoints}\n"
        )


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.is_up = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.is_up.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """The lab's own process decides what a signal means."""
        yield


class _TooLarge(Exception):
    pass


async def _body(request: Request) -> bytes:
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > MAX_BODY_BYTES:
            raise _TooLarge(f"the body is larger than {MAX_BODY_BYTES:,} bytes. Send less at once.")
        chunks.append(chunk)
    return b"".join(chunks)
