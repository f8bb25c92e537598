"""`mdelab verify` as a gate with conditions of its own: thresholds, skips, basis, one run a folder, nothing half."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from mdelab.report import claim

HOLDS = """@basis-documented
Feature: Health
  Scenario: a fresh endpoint has no licence
    Given a Linux endpoint lin-1
    Then mdatp health on lin-1 shows:
      | licensed | false |
"""
ASSUMED = """
  @basis-assumed
  Scenario: an assumption breaks
    Given a Linux endpoint lin-1
    Then mdatp health on lin-1 shows:
      | licensed | true |
"""
ELSEWHERE = """
  @docker
  Scenario: only containers can tell
    Given a Linux endpoint lin-1
    Then mdatp health on lin-1 shows:
      | licensed | false |
"""


def start(folder: Path, *options: str, **environment: str) -> "subprocess.Popen[str]":
    env = {name: value for name, value in os.environ.items() if not name.startswith(("MDELAB_", "GITHUB_", "GITLAB"))}
    return subprocess.Popen(
        [sys.executable, "-m", "mdelab.cli", "verify", ".", "--workers", "0", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=folder,
        env={**env, "XDG_RUNTIME_DIR": str(folder / "runtime"), **environment},
    )


def verify(folder: Path, *options: str, **environment: str) -> tuple[int, str]:
    with start(folder, "--quiet", *options, **environment) as running:
        out, err = running.communicate(timeout=180)
        return running.returncode, out + err


def summary(folder: Path) -> dict[str, object]:
    loaded: dict[str, object] = json.loads((folder / "out" / "summary.json").read_text())
    return loaded


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "health.feature").write_text(HOLDS)
    return tmp_path


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--fail-if", "lst > 0", "--endpoints", "3"), "column 1: 'lst' is neither"),
        (("--fail-if", "lost > 0"), "Say how many endpoints make it: --endpoints 500."),
        (("--require-basis", "hearsay"), "'hearsay' is not one of"),
        (("--subject", "pak=corp.pac"), "Did you mean 'pac'?"),
    ],
)
def test_a_wrong_condition_ends_with_2_before_anything_runs(project: Path, options: tuple[str, ...], said: str) -> None:
    code, text = verify(project, *options)
    assert code == 2, text
    assert said in text
    assert not (project / "out").exists()


def test_thresholds_are_judged_and_a_failed_one_ends_with_4(project: Path) -> None:
    options = ("--endpoints", "3", "--seconds", "1", "--fail-if", "lost > 0", "--fail-if", "sent >= 1")
    code, text = verify(project, *options)
    assert code == 4, text
    gate = summary(project)["gate"]
    assert isinstance(gate, dict)
    assert [(one["expression"], one["verdict"]) for one in gate["thresholds"]] == [
        ("lost > 0", "held"),
        ("sent >= 1", "failed"),
    ]


def test_a_weaker_basis_is_listed_and_decides_nothing(project: Path) -> None:
    (project / "health.feature").write_text(HOLDS + ASSUMED)
    assert verify(project)[0] == 1
    code, text = verify(project, "--require-basis", "documented")
    assert code == 0, text
    assert "failed (informational: basis assumed): an assumption breaks" in text


def test_a_skip_is_a_failure_when_none_is_allowed(project: Path) -> None:
    (project / "health.feature").write_text(HOLDS + ELSEWHERE)
    assert verify(project)[0] == 0
    code, text = verify(project, "--no-skips")
    assert code == 1, text
    assert "1 scenario was skipped, and --no-skips allows none" in text
    assert "@docker" in text


def test_two_runs_into_one_folder_refuse_each_other(project: Path) -> None:
    with claim(project / "out"):
        code, text = verify(project)
    assert code == 2, text
    assert f"(process {os.getpid()})" in text
    assert "--out" in text


def test_a_lock_of_a_process_that_is_gone_holds_nobody_up(project: Path) -> None:
    (project / "out").mkdir()
    (project / "out" / ".lock").write_text("4194304\n")
    assert verify(project)[0] == 0


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM], ids=["ctrl-c", "cancelled"])
def test_an_interrupted_run_leaves_nothing_that_looks_like_a_result(project: Path, how: signal.Signals) -> None:
    (project / "out").mkdir()
    for old in ("summary.json", "junit.xml", "report.html"):
        (project / "out" / old).write_text("of an earlier run")
    with start(project, "--endpoints", "5", "--seconds", "600") as running:
        assert running.stderr is not None
        assert "load: 5 endpoints for 600 s\n" in iter(running.stderr.readline, "")
        running.send_signal(how)
        running.communicate(timeout=60)
    assert running.returncode == 130
    left = {path.name for path in (project / "out").iterdir()}
    assert left <= {".lock", "load"}


def test_a_github_job_gets_annotations_and_a_summary(project: Path) -> None:
    (project / "health.feature").write_text(HOLDS + ASSUMED)
    step = project / "step.md"
    code, text = verify(project, GITHUB_ACTIONS="true", GITHUB_STEP_SUMMARY=str(step))
    assert code == 1, text
    assert "::error file=health.feature,line=9,title=failed%3A an assumption breaks::" in text
    assert "## mdelab: exit code 1" in step.read_text()
