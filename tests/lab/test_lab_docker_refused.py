"""What a machine lacks for a lab in containers: one message with what mends it, exit code 3, and nothing left behind.

Through the command line, as a person meets it.
"""

import io
import os
import socket
import subprocess
import sys
import tarfile
import uuid
from collections.abc import Sequence
from pathlib import Path

import pytest
from docker_ground import made
from engine_between import Failure, engine

from mdelab.lab.docker import content
from mdelab.lab.docker import engine as way
from mdelab.model.errors import NotReady

NOBODY = 65534
_SAYS_WITHIN_S = 180

Said = subprocess.CompletedProcess[str]


LAB = f"refused-{uuid.uuid4().hex[:8]}"


_AS_ANY_USER = ("setpriv", "--bounding-set", "-dac_override,-dac_read_search")
"""Root may open every socket, unless it is told not to."""


def _up(state: Path, *more: str, before: Sequence[str] = (), **environment: str) -> Said:
    """`mdelab up`, and what must be true of it whatever it refuses for. before: a program that runs it."""
    command = [*before, sys.executable, "-m", "mdelab.cli", "up", "--backend", "docker", "--name", LAB, *more]
    said = subprocess.run(
        command,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=_SAYS_WITHIN_S,
        check=False,
    )
    assert len(said.stderr.splitlines()) == 1, said.stderr
    assert not said.stdout
    assert not list((state / "mdelab" / "labs").iterdir())
    return said


def _expect(said: Said, *texts: str) -> None:
    assert said.returncode == 3, said.stderr
    for text in texts:
        assert text in said.stderr


@pytest.mark.parametrize(
    ("where", "why"),
    [
        ("unix:///{state}/nowhere.sock", "No such file or directory"),
        ("tcp://127.0.0.1:1", "Connection refused"),
        ("tcp://127.0.0.1:abc", "Port could not be cast"),
        ("nonsense", "port is required"),
    ],
)
def test_without_an_engine_it_says_where_it_looked_and_how_to_start_one(state, where, why):
    where = where.format(state=str(state).lstrip("/"))

    _expect(_up(state, DOCKER_HOST=where), where, why, "sudo systemctl start docker", "unset DOCKER_HOST")


def test_pytest_says_it_too_and_ends_with_3(state):
    features = Path(__file__).parents[2] / "features" / "inside" / "macos.feature"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--lab-backend", "docker", str(features)]
    said = subprocess.run(
        command,
        env={**os.environ, "DOCKER_HOST": f"unix://{state}/nowhere.sock"},
        capture_output=True,
        text=True,
        timeout=_SAYS_WITHIN_S,
        check=False,
    )

    assert said.returncode == 3, said.stdout
    assert "sudo systemctl start docker" in said.stdout
    assert "Traceback" not in said.stdout + said.stderr


def test_a_socket_that_this_user_may_not_open_names_the_group(state):
    path = state / "engine.sock"
    with engine(path, api="1.41") as host:
        path.chmod(0)
        if os.getuid() == 0:
            os.chown(path, NOBODY, NOBODY)
        _expect(
            _up(state, DOCKER_HOST=host, before=_AS_ANY_USER if os.getuid() == 0 else ()),
            "this user may not speak to the container engine",
            host,
            "sudo usermod -aG docker $USER",
        )


def test_an_engine_that_is_too_old_is_refused_with_both_versions(state):
    with engine(state / "engine.sock", api="1.24") as host:
        _expect(_up(state, DOCKER_HOST=host), "offers API 1.24, and the lab needs 1.41", "Install Docker Engine 20.10")


def test_an_engine_that_never_answers_ends_the_wait(state, monkeypatch):
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(str(state / "engine.sock"))
        silent.listen()
        monkeypatch.setenv("DOCKER_HOST", f"unix://{state}/engine.sock")
        monkeypatch.setattr(way, "ANSWERS_WITHIN_S", 0.2)
        with pytest.raises(NotReady, match="timed out"):
            way.connect()


# From here on with a real engine


def test_an_image_that_is_missing_names_the_command_that_builds_it(state, images):
    before = made(LAB)

    _expect(
        _up(state, MDELAB_IMAGES="mdelab-none"), "mdelab-none/lab:", "is missing", "Build the images with `make images`"
    )
    assert made(LAB) == before


def test_an_image_of_another_version_is_refused_with_both_contents(state, images, monkeypatch):
    prefix = f"mdelab-test-{uuid.uuid4().hex[:8]}"
    monkeypatch.setenv(content.PREFIX, prefix)
    tag = content.tag(content.LAB_IMAGE)
    empty = io.BytesIO()
    tarfile.open(fileobj=empty, mode="w").close()
    label = f"LABEL {content.CONTENT}=0123456789abcdef"
    subprocess.run(["docker", "import", "--change", label, "-", tag], input=empty.getvalue(), check=True, timeout=60)
    try:
        _expect(
            _up(state, MDELAB_MOUNT_PACKAGE=""),
            "another version of mdelab",
            "0123456789abcdef",
            content.digest(),
            "`make images`",
        )
    finally:
        subprocess.run(["docker", "rmi", tag], check=True, capture_output=True, timeout=60)


def test_a_range_of_addresses_that_somebody_has_is_named_with_who_has_it(state, images):
    name = f"mdelab-test-{uuid.uuid4().hex[:8]}"
    subprocess.run(
        ["docker", "network", "create", "--internal", "--subnet", "10.217.64.0/21", name],
        check=True,
        capture_output=True,
        timeout=60,
    )
    before = made(LAB)
    try:
        said = _up(state, MDELAB_SUBNET="10.217.64.0/21")
    finally:
        subprocess.run(["docker", "network", "rm", name], check=True, capture_output=True, timeout=60)

    _expect(
        said,
        f"no free range of addresses is left in 10.217.64.0/21: the network {name!r} has it",
        "export MDELAB_SUBNET",
    )
    assert made(LAB) == before


@pytest.mark.parametrize(
    ("failure", "advice"),
    [
        pytest.param(
            Failure(call="POST .*/networks/create", says="write /var/lib/docker/x: no space left on device", after=1),
            "docker system prune",
            id="no disk for a network",
        ),
        pytest.param(
            Failure(call="POST .*/containers/create", says="mkdir /var/lib/docker/overlay2: no space left on device"),
            "docker system prune",
            id="no disk for the lab",
        ),
        pytest.param(
            Failure(call="POST .*/containers/create", says="no space left on device", after=1),
            "docker system prune",
            id="no disk for a device",
        ),
        pytest.param(
            Failure(
                call="POST .*/containers/.*/start",
                says="driver failed programming external connectivity on endpoint mdelab: "
                "Bind for 127.0.0.1:49153 failed: port is already allocated",
            ),
            "start the lab again",
            id="port taken",
        ),
        pytest.param(
            Failure(
                call="POST .*/containers/.*",
                says='invalid mount config for type "bind": bind source path does not exist: /run/user/1000/mdelab',
                status=400,
            ),
            "unset DOCKER_HOST",
            id="engine elsewhere",
        ),
    ],
)
def test_what_the_engine_refuses_is_quoted_with_what_mends_it_and_nothing_is_left(state, images, failure, advice):
    spec = state / "lab.toml"
    spec.write_text('[[tenant]]\nname = "contoso"\n[[tenant.endpoint]]\nname = "lin-1"\n')
    before = made(LAB)
    with engine(state / "engine.sock", failure) as host:
        said = _up(state, str(spec), DOCKER_HOST=host)

    _expect(said, failure.says, advice)
    assert made(LAB) == before


def test_a_range_that_is_none_is_wrong_usage(state, images):
    said = _up(state, MDELAB_SUBNET="10.1.2.0/24")

    assert said.returncode == 2
    assert "Give an IPv4 range of /21 or larger" in said.stderr
