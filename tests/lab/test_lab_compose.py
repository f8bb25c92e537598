"""`images/compose.yaml`: a lab without Python on this machine, from its start to an onboarded endpoint, and to nothing left."""

import json
import os
import re
import secrets
import shutil
import subprocess
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from docker_ground import asked

from mdelab import __version__
from mdelab.lab.docker import content

COMPOSE = Path(__file__).parents[2] / "images" / "compose.yaml"
_NO_TOOL = "neither docker-compose nor docker compose is here"
TOKEN = secrets.token_hex(8)
_WITHIN_S = 120.0


def _tool() -> list[str]:
    """How it is called here; empty where it is not."""
    for command in (["docker-compose"], ["docker", "compose"]):
        if (
            shutil.which(command[0])
            and not subprocess.run([*command, "version"], capture_output=True, check=False).returncode
        ):
            return command
    return []


class Composed:
    """One project of docker-compose."""

    def __init__(self, folder: Path, *, token: str = TOKEN, spec: Path | None = None) -> None:
        """spec: instead of the lab.toml beside the compose file."""
        self.project = f"mdelab-test-{uuid.uuid4().hex[:8]}"
        self.token = token
        self._files = ["--file", str(COMPOSE)]
        self._environment = {
            **os.environ,
            "MDELAB_TOKEN": self.token,
            "MDELAB_NET": "10.218",
            "MDELAB_CONTROL_PORT": "0",
            "MDELAB_ENTRANCE_PORT": "0",
        }
        package = [f"{content.PACKAGE}:{content.INSIDE}:ro"] if content.is_live() else []
        services = {name: {"volumes": package} for name in ("lin-1", "mac-1", "win-1")}
        services["lab"] = {"volumes": package + ([f"{spec}:/etc/mdelab/lab.toml:ro"] if spec else [])}
        (folder / "more.yaml").write_text(json.dumps({"services": services}))
        self._files += ["--file", str(folder / "more.yaml")]

    def run(self, *command: str) -> str:
        done = self._call(command)
        assert not done.returncode, f"{command}: {done.stdout}{done.stderr}"
        return done.stdout.strip()

    def fail(self, *command: str) -> str:
        """What it said."""
        done = self._call(command)
        assert done.returncode, f"{command}: {done.stdout}{done.stderr}"
        return done.stdout + done.stderr

    def _call(self, command: tuple[str, ...]) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [*_tool(), "--project-name", self.project, *self._files, *command],
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=_WITHIN_S,
            check=False,
        )

    def curl(self, *command: str) -> str:
        url = f"http://{self.run('port', 'lab', '7443')}/v1/tenants/contoso"
        options = ["-sS", "--fail", "--noproxy", "*", "-H", f"Authorization: Bearer {self.token}"]
        done = subprocess.run(
            ["curl", *options, *command[:-1], url + command[-1]],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return done.stdout if not done.returncode else ""

    def left(self) -> list[str]:
        mark = f"label=com.docker.compose.project={self.project}"
        kinds = (["ps", "--all"], ["network", "ls"], ["volume", "ls"])
        return [one for kind in kinds for one in asked(*kind, "--quiet", "--filter", mark)]


@pytest.fixture
def composed(images: None, tmp_path: Path) -> Iterator[Composed]:
    if not _tool():
        pytest.skip(_NO_TOOL)
    composed = Composed(tmp_path)
    try:
        composed.run("up", "--detach")
        yield composed
    finally:
        composed.run("down", "--volumes", "--timeout", "5")
    assert not composed.left()


def test_a_lab_of_docker_compose_onboards_its_endpoints_and_leaves_nothing(composed: Composed) -> None:
    _await("the lab answers", lambda: '"win-1"' in composed.curl("/endpoints"), composed)

    composed.curl("-X", "PUT", "-d", "{}", "/endpoints/lin-1/packages/onboarding")

    _await("lin-1 is onboarded", lambda: _health(composed) == "true", composed)
    assert composed.run("exec", "-T", "mac-1", "sw_vers", "-productName") == "macOS"
    assert "STOPPED" in composed.run("exec", "-T", "win-1", "sc", "query", "sense")


def test_an_endpoint_without_a_container_is_refused_with_what_there_is(images: None, tmp_path: Path) -> None:
    if not _tool():
        pytest.skip(_NO_TOOL)
    spec = tmp_path / "other.toml"
    spec.write_text('[[tenant]]\nname = "contoso"\n[[tenant.endpoint]]\nname = "lin-9"\n')
    composed = Composed(tmp_path, spec=spec)
    try:
        composed.run("up", "--detach", "lab")
        said = "no container for the linux endpoint 'lin-9'. It has: lin-1 (linux), mac-1 (macos), win-1 (windows)"
        _await("the lab refuses", lambda: said in composed.run("logs", "lab"), composed)
    finally:
        composed.run("down", "--volumes", "--timeout", "5")


def test_a_token_that_is_not_set_is_asked_for(tmp_path: Path) -> None:
    if not _tool():
        pytest.skip(_NO_TOOL)
    composed = Composed(tmp_path, token="")

    assert "MDELAB_TOKEN" in composed.fail("config")


def _health(composed: Composed) -> str:
    return composed.run("exec", "-T", "lin-1", "mdatp", "health", "--field", "licensed")


def _await(what: str, is_so, composed: Composed) -> None:  # type: ignore[no-untyped-def]
    deadline = time.monotonic() + _WITHIN_S
    while not is_so():
        assert time.monotonic() < deadline, (
            f"not within {_WITHIN_S:g} s: {what}. {composed.run('logs', '--tail', '20')}"
        )
        time.sleep(0.5)


def test_the_file_names_the_images_of_this_version() -> None:
    assert set(re.findall(r"MDELAB_VERSION:-([^}]+)}", COMPOSE.read_text())) == {__version__}
