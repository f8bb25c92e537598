"""How a pytest session comes to its lab: really started, really shared, really gone afterwards."""

import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mdelab.lab import state
from mdelab.lab.client import LabClient
from mdelab.lab.launch import launch

FEATURE = """
Feature: Names
  Scenario Outline: <name> knows its name
    Given a Linux endpoint <name>
    When <name> runs "hostname"
    Then the command on <name> prints "<said>"

    Examples:
      | name  | said  |
      | lin-1 | lin-1 |
      | lin-2 | lin-2 |
      | lin-3 | lin-3 |
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a feature; labs keep their state below it."""
    (tmp_path / "run").mkdir(mode=0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "run"))
    (tmp_path / "names.feature").write_text(FEATURE, encoding="utf-8")
    return tmp_path


@pytest.fixture
def running(folder: Path) -> Iterator[LabClient]:
    with launch(None, name="attached") as client:
        yield client
        client.close()


def run(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:locust", *arguments]
    return subprocess.run(
        command, cwd=folder, env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )


def mdelab(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "mdelab.cli", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_one_lab_serves_all_workers_and_ends_with_the_session(folder: Path) -> None:
    result = run(folder, "-n", "2")
    assert result.returncode == 0, result.stdout + result.stderr
    assert "3 passed" in result.stdout
    assert result.stdout.count("mdelab: lab ") == 1
    assert state.running() == []


def test_a_session_that_needs_no_lab_starts_none(folder: Path) -> None:
    (folder / "names.feature").unlink()
    (folder / "test_plain.py").write_text("def test_plain(): pass\n", encoding="utf-8")
    result = run(folder)
    assert result.returncode == 0
    assert "mdelab:" not in result.stdout
    assert list((folder / "run").iterdir()) == []


def test_a_named_lab_is_used_and_left_running(folder: Path, running: LabClient) -> None:
    before = len(running.tenants())
    result = run(folder, "--lab", "attached")
    assert result.returncode == 0, result.stdout + result.stderr
    assert running.info().id in result.stdout
    assert len(running.tenants()) == before


def test_a_failed_scenario_keeps_its_tenant_when_asked_to(folder: Path, running: LabClient) -> None:
    (folder / "names.feature").write_text(FEATURE.replace("| lin-3 | lin-3 |", "| lin-3 | win-1 |"), encoding="utf-8")
    before = {tenant.id for tenant in running.tenants()}
    result = run(folder, "--lab", "attached", "--lab-keep")
    assert result.returncode == 1
    (kept,) = (tenant for tenant in running.tenants() if tenant.id not in before)
    assert kept.endpoints == ["lin-3"]
    assert f"seed {running.info().seed}, tenant {kept.name}" in result.stdout
    assert kept.scenario == "names.feature::lin-3 knows its name[win-1]"


def test_a_failed_scenario_keeps_its_tenant_in_a_lab_that_stays_and_the_printed_commands_work(folder: Path) -> None:
    (folder / "names.feature").write_text(FEATURE.replace("| lin-3 | lin-3 |", "| lin-3 | win-1 |"), encoding="utf-8")
    result = run(folder, "--lab-keep", "-k", "lin-3 or lin-1")
    assert result.returncode == 1
    said = [line.strip() for line in result.stdout.splitlines()]
    commands = said[said.index("its tenant was kept; look into it, repeat it, and end it:") + 1 :][:5]
    codes = []
    for command in commands:
        program, *rest = shlex.split(command)
        ran = mdelab(folder, *rest) if program == "mdelab" else run(folder, *rest)
        codes.append(ran.returncode)
    # flows, diagnose, exec, the scenario alone (red again), and down, which takes the kept tenant with it.
    assert codes == [0, 0, 0, 1, 0]
    assert state.running() == []


def test_a_lab_in_which_nothing_failed_does_not_stay(folder: Path) -> None:
    assert run(folder, "--lab-keep", "-k", "lin-1").returncode == 0
    assert state.running() == []


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "parallel"])
def test_a_lab_that_does_not_start_is_the_labs_failure_and_ends_with_3(folder: Path, workers: tuple[str, ...]) -> None:
    result = run(folder, *workers, XDG_RUNTIME_DIR=str(folder / "names.feature"))
    assert result.returncode == 3, result.stdout + result.stderr
    assert "inconclusive: the lab failed: " in result.stdout
    assert "Traceback" not in result.stdout + result.stderr


def test_a_lab_that_is_not_there_is_named(folder: Path) -> None:
    result = run(folder, "--lab", "nowhere")
    assert result.returncode == 3
    assert "nowhere" in result.stdout
