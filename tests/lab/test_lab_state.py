"""State files: how labs are found, claimed and swept."""

import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from mdelab.lab.state import LabState, claim, find, labs_folder, publish, running, sweep
from mdelab.model.errors import LabError


@pytest.fixture(autouse=True)
def _own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))


def _state(name: str, pid: int, started: float, children: tuple[tuple[int, float], ...] = ()) -> LabState:
    return LabState(
        id="0",
        name=name,
        pid=pid,
        started=started,
        address="http://127.0.0.1:1",
        token="t",
        version="0",
        children=children,
    )


def _ours() -> tuple[int, float]:
    return os.getpid(), psutil.Process().create_time()


def test_a_published_lab_is_found_by_its_name() -> None:
    publish(claim("mine"), _state("mine", *_ours()))
    assert find("mine").name == "mine"
    assert [state.name for state in running()] == ["mine"]


def test_the_state_file_is_its_owners_only() -> None:
    folder = claim("mine")
    publish(folder, _state("mine", *_ours()))
    assert (folder / "lab.json").stat().st_mode & 0o077 == 0


def test_a_second_lab_of_one_name_is_refused_with_what_to_do() -> None:
    publish(claim("mine"), _state("mine", *_ours()))
    with pytest.raises(LabError, match=r"runs already \(process \d+\).*mdelab down --lab mine"):
        claim("mine")


def test_a_name_that_does_not_run_lists_those_that_do() -> None:
    publish(claim("mine"), _state("mine", *_ours()))
    with pytest.raises(LabError, match=r"no lab called 'yours' runs \(running: 'mine'\)"):
        find("yours")


def test_what_a_killed_lab_left_is_swept_and_its_children_ended() -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        started = psutil.Process(child.pid).create_time()
        pid, _ = _ours()
        # The same pid with another creation time: the lab is gone and its number was used again.
        publish(claim("gone"), _state("gone", pid, 1.0, children=((child.pid, started),)))
        assert sweep() == ["gone"]
        assert not (labs_folder() / "gone").exists()
        assert child.wait(10) != 0
    finally:
        child.kill()
        child.communicate()


def test_a_lab_that_is_starting_is_not_swept() -> None:
    claim("soon")
    assert sweep() == []
    with pytest.raises(LabError, match="it is starting just now"):
        claim("soon")
