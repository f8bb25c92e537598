"""A container engine that fails as it is told: it stands between a lab and the real engine, and passes on everything else.

Without a real engine behind it, it answers for its version alone.
"""

import contextlib
import http.client
import json
import os
import re
import socket
import socketserver
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from pathlib import Path

_REAL = "/var/run/docker.sock"


@dataclass(frozen=True, kw_only=True)
class Failure:
    """What the engine says instead of doing it."""

    call: str
    """Pattern of method and path, such as `POST .*/networks/create`."""
    says: str
    status: int = 500
    after: int = 0
    """How many such calls are done first."""


class _Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True

    def __init__(self, path: Path, api: str, failures: tuple[Failure, ...]) -> None:
        self.api = api
        self.failures = failures
        self.met = [0 for _ in failures]
        self.real = os.environ.get("DOCKER_HOST", f"unix://{_REAL}").removeprefix("unix://")
        super().__init__(str(path), _Answer)

    def get_request(self):  # type: ignore[no-untyped-def]  # the handler wants an address that a unix socket has not
        request, _ = super().get_request()
        return request, ("engine", 0)

    def failure(self, call: str) -> Failure | None:
        for number, failure in enumerate(self.failures):
            if re.fullmatch(failure.call, call):
                self.met[number] += 1
                if self.met[number] > failure.after:
                    return failure
        return None


class _Answer(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        failure = self.server.failure(f"{self.command} {self.path.partition('?')[0]}")
        if failure is not None:
            self._say(failure.status, json.dumps({"message": failure.says}).encode())
        elif self.server.api and self.path.endswith("/version"):
            self._say(200, json.dumps({"ApiVersion": self.server.api, "Version": "1"}).encode())
        else:
            self._pass_on(body)

    def do_POST(self) -> None:
        self.do_GET()

    def do_DELETE(self) -> None:
        self.do_GET()

    def _pass_on(self, body: bytes) -> None:
        with contextlib.closing(http.client.HTTPConnection("engine")) as real:
            real.sock = socket.socket(socket.AF_UNIX)
            real.sock.connect(self.server.real)
            headers = {"Content-Type": self.headers.get("Content-Type", "application/json"), "Connection": "close"}
            real.request(self.command, self.path, body, headers)
            answer = real.getresponse()
            self._say(answer.status, answer.read(), answer.headers.get("Content-Type", "application/json"))

    def _say(self, status: int, body: bytes, kind: str = "application/json") -> None:
        self.send_response(status)
        if status != http.HTTPStatus.NO_CONTENT:
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if status != http.HTTPStatus.NO_CONTENT:
            self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Tests are quiet."""


@contextlib.contextmanager
def engine(path: Path, *failures: Failure, api: str = "") -> Iterator[str]:
    """The value of DOCKER_HOST for it. api: the version that it says it offers; "" for the real one."""
    with _Server(path, api, failures) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield f"unix://{path}"
        finally:
            server.shutdown()
            thread.join()
