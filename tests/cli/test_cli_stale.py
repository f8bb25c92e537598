"""A lab of another version, and the settings of one that has ended: each command says so and what to do."""

import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from mdelab import __version__
from mdelab.lab.state import LabState, publish


def mdelab(folder: Path, *arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "mdelab.cli", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "XDG_RUNTIME_DIR": str(folder), **environment},
        timeout=60,
    )


@pytest.fixture
def newer(tmp_path: Path) -> Path:
    """The state folder of a lab of another version, which runs in this process."""
    folder = tmp_path / "mdelab" / "labs" / "default"
    folder.mkdir(parents=True, mode=0o700)
    publish(
        folder,
        LabState(
            id="abcd1234",
            name="default",
            pid=os.getpid(),
            started=psutil.Process().create_time(),
            address="http://127.0.0.1:1",
            token="t",
            version="99.0.0",
        ),
    )
    return tmp_path


@pytest.mark.parametrize("arguments", [("flows",), ("do", "1 hour passes"), ("exec", "lin-1", "--", "id"), ("clock",)])
def test_a_lab_of_another_version_is_refused_by_both_versions(newer: Path, arguments: tuple[str, ...]) -> None:
    done = mdelab(newer, *arguments)
    assert done.returncode == 2
    assert f"runs mdelab 99.0.0, and this is mdelab {__version__}" in done.stderr
    assert "mdelab down --lab default" in done.stderr


def test_status_shows_the_other_labs_all_the_same(newer: Path) -> None:
    done = mdelab(newer, "status")
    assert "runs mdelab 99.0.0" in done.stderr
    assert "Traceback" not in done.stderr


def test_pytest_refuses_a_lab_of_another_version(newer: Path) -> None:
    (newer / "a.feature").write_text("Feature: A\n  Scenario: b\n    Given a Linux endpoint lin-1\n    Then x\n")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:locust", "--lab", "default", "a.feature"],
        capture_output=True,
        text=True,
        check=False,
        cwd=newer,
        env={**os.environ, "XDG_RUNTIME_DIR": str(newer)},
        timeout=60,
    )
    assert done.returncode == 3
    assert "runs mdelab 99.0.0" in done.stdout


def test_a_shell_whose_lab_has_ended_is_told_how_to_get_rid_of_its_settings(tmp_path: Path) -> None:
    stale = {"MDELAB_SHELL_LAB": "abcd1234", "HTTPS_PROXY": "http://127.0.0.1:1", "SSL_CERT_FILE": "/gone/ca.pem"}
    done = mdelab(tmp_path, "status", **stale)
    assert "this shell still has the settings of lab abcd1234, which has ended" in done.stderr
    assert 'eval "$(mdelab env --unset)"' in done.stderr


def test_env_says_so_instead_of_only_that_no_lab_runs(tmp_path: Path) -> None:
    done = mdelab(tmp_path, "env", MDELAB_SHELL_LAB="abcd1234")
    assert (done.returncode, done.stdout) == (3, "false\n")
    assert done.stderr.count("still has the settings of lab abcd1234") == 1


def test_a_shell_whose_lab_runs_is_told_nothing(newer: Path) -> None:
    assert "still has the settings" not in mdelab(newer, "steps", "time", MDELAB_SHELL_LAB="abcd1234").stderr
