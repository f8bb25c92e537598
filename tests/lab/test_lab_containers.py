"""A lab in containers, seen from the host: it takes everything with it, however it ends.

What it says when the machine lacks something is in test_lab_docker_refused.py.
"""

import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator

import pytest
from docker_ground import asked, made

from mdelab.lab.client import LabClient
from mdelab.lab.launch import down, launch, leftovers, up
from mdelab.lab.state import LabState, labs_folder
from mdelab.model.device import DeviceSpec
from mdelab.model.errors import LabError

_WITHIN_S = 90.0


def test_a_state_folder_that_is_too_deep_for_sockets_is_refused(state, monkeypatch):
    deep = state / ("deep" * 20)
    deep.mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(deep))

    with pytest.raises(LabError, match="Set XDG_RUNTIME_DIR to a folder with a shorter path"):
        up(backend="docker")


def test_without_an_engine_nothing_can_be_left(state, monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", f"unix://{state}/nowhere.sock")
    # In a process of its own: the engine's library leaves the socket open that could not connect.
    program = "from mdelab.lab.launch import leftovers; print(leftovers())"
    asked = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)

    assert asked.stdout.strip() == "[]"


@pytest.fixture
def name(images: None) -> Iterator[str]:
    """Of a lab of one test, which leaves what it found."""
    name = f"test-{uuid.uuid4().hex[:8]}"
    before = made(name)
    yield name
    assert made(name) == before


def _with_device(state: LabState) -> str:
    """A device of the lab; the name of its container."""
    client = LabClient(state.address, state.token)
    made = client.tenant().add_endpoint(DeviceSpec(name="lin-1"))
    client.close()
    return made.container


def _await(what: str, is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _WITHIN_S
    while not is_so():
        assert time.monotonic() < deadline, f"not within {_WITHIN_S:g} s: {what}"
        time.sleep(0.1)


def test_a_lab_takes_its_containers_and_networks_with_it(state, name):
    with launch(backend="docker", name=name) as lab:
        tenant = lab.tenant()
        tenant.add_endpoint(DeviceSpec(name="lin-1"))
        assert tenant.endpoint("lin-1").container in made(name)
        lab.close()


def test_what_a_killed_driver_leaves_ends_by_itself_and_is_removed(state, name):
    killed = up(backend="docker", name=name)
    _with_device(killed)
    os.kill(killed.pid, signal.SIGKILL)

    _await("its containers end without their driver", lambda: not _running(name))
    leftovers()
    assert not [one for one in made(name) if killed.id in one]


def test_the_next_lab_removes_what_a_killed_one_left(state, name):
    killed = up(backend="docker", name=name)
    _with_device(killed)
    os.kill(killed.pid, signal.SIGKILL)
    os.waitid(os.P_PID, killed.pid, os.WEXITED)

    after = up(backend="docker", name=name)
    try:
        assert not [one for one in made(name) if killed.id in one]
    finally:
        down(after.name)


def test_a_driver_that_is_killed_in_the_middle_of_its_start_leaves_nothing_for_the_next(state, name):
    command = [sys.executable, "-m", "mdelab.cli", "up", "--backend", "docker", "--name", name]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as starting:
        _await("its networks are made", lambda: bool(networks(name)))
        os.kill(int(_label(networks(name)[0], "mdelab.pid")), signal.SIGKILL)
        _, errors = starting.communicate(timeout=_WITHIN_S)
    assert starting.returncode == 3, errors
    assert "the lab did not start" in errors

    with launch(backend="docker", name=f"{name}-next"):
        _await("what it left is gone", lambda: not [one for one in made(name) if one.startswith("mdelab-")])
    assert not list(labs_folder().iterdir())


def test_a_lab_whose_own_container_is_killed_ends_and_takes_everything_with_it(state, name):
    running = up(backend="docker", name=name)
    _with_device(running)
    asked("kill", f"mdelab-{running.id}-lab")

    _await("its driver ends", lambda: not running.is_alive())
    assert not list(labs_folder().iterdir())


def _running(lab: str) -> list[str]:
    return asked("ps", "--quiet", "--filter", f"label=mdelab.lab={lab}")


def networks(lab: str) -> list[str]:
    return asked("network", "ls", "--quiet", "--filter", f"label=mdelab.lab={lab}")


def _label(network: str, label: str) -> str:
    (value,) = asked("network", "inspect", network, "--format", f'{{{{index .Labels "{label}"}}}}')
    return value
