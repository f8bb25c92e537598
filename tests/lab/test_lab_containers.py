"""A lab in containers, seen from the host: what it says when the machine lacks something, and that nothing is left."""

import contextlib
import json
import os
import signal
import socketserver
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from mdelab.lab.launch import down, launch, leftovers, up
from mdelab.lab.state import labs_folder
from mdelab.model.device import DeviceSpec
from mdelab.model.errors import LabError, NotReady

_GONE_WITHIN_S = 60.0


class _Engine(socketserver.UnixStreamServer):
    """An engine that says its version and nothing else."""

    def __init__(self, path: Path, api: str) -> None:
        self.api = api
        super().__init__(str(path), _Answer)

    def get_request(self):  # type: ignore[no-untyped-def]  # the handler wants an address that a unix socket has not
        request, _ = super().get_request()
        return request, ("engine", 0)


class _Answer(BaseHTTPRequestHandler):
    server: _Engine

    def do_GET(self) -> None:
        body = json.dumps({"ApiVersion": self.server.api, "Version": "1"}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Tests are quiet."""


@contextlib.contextmanager
def _engine(path: Path, api: str) -> Iterator[None]:
    server = _Engine(path, api)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def state(monkeypatch):
    with tempfile.TemporaryDirectory(prefix="mdelab-") as folder:  # pytest's own has too long a path for sockets
        monkeypatch.setenv("XDG_RUNTIME_DIR", folder)
        yield Path(folder)


def test_a_state_folder_that_is_too_deep_for_sockets_is_refused(state, monkeypatch):
    deep = state / ("deep" * 20)
    deep.mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(deep))

    with pytest.raises(LabError, match="Set XDG_RUNTIME_DIR to a folder with a shorter path"):
        up(backend="docker")


def test_without_an_engine_it_says_how_to_start_one_and_leaves_nothing(state, monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", f"unix://{state}/nowhere.sock")

    with pytest.raises(NotReady, match="systemctl start docker"):
        up(backend="docker")
    assert not list(labs_folder().iterdir())


def test_an_engine_that_is_too_old_is_refused_with_both_versions(state, monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", f"unix://{state}/old.sock")

    with (
        _engine(state / "old.sock", "1.24"),
        pytest.raises(NotReady, match=r"offers API 1\.24, and the lab needs 1\.41"),
    ):
        up(backend="docker")


def test_without_an_engine_nothing_can_be_left(state, monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", f"unix://{state}/nowhere.sock")
    # In a process of its own: the engine's library leaves the socket open that could not connect.
    program = "from mdelab.lab.launch import leftovers; print(leftovers())"
    asked = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)

    assert asked.stdout.strip() == "[]"


@pytest.fixture(scope="module")
def images() -> None:
    """Skips where no engine answers, or has not the images of this very package."""
    asked = subprocess.run(
        [sys.executable, "-m", "mdelab.lab.docker.images"], capture_output=True, text=True, timeout=60, check=False
    )
    if asked.returncode:
        pytest.skip(asked.stderr.strip())


def _made() -> list[str]:
    """Everything of labs that the engine has."""
    names: list[str] = []
    for what in (["ps", "--all"], ["network", "ls"]):
        shown = "{{.Names}}" if what[0] == "ps" else "{{.Name}}"
        command = ["docker", *what, "--filter", "label=mdelab.lab", "--format", shown]
        names += subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout.split()
    return names


def _of(lab_id: str) -> list[str]:
    return [name for name in _made() if lab_id in name]


@pytest.mark.usefixtures("images")
def test_a_lab_takes_its_containers_and_networks_with_it(state):
    with launch(backend="docker") as lab:
        tenant = lab.tenant()
        tenant.add_endpoint(DeviceSpec(name="lin-1"))
        lab_id = lab.info().id
        assert tenant.endpoint("lin-1").container in _of(lab_id)
        lab.close()

    assert not _of(lab_id)


@pytest.mark.usefixtures("images")
def test_what_a_killed_lab_leaves_is_removed(state):
    running = up(backend="docker", name="killed")
    try:
        os.kill(running.pid, signal.SIGKILL)
        deadline = time.monotonic() + _GONE_WITHIN_S
        while any(name.endswith("-lab") for name in _of(running.id)):
            assert time.monotonic() < deadline, "its container goes on without its driver"
        assert "killed" in leftovers()
        assert not _of(running.id)
    finally:
        with contextlib.suppress(Exception):
            down("killed")
