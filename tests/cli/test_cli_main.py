"""How a command line ends: its exit code, and one message instead of a traceback."""

import subprocess
import sys
from pathlib import Path

import pytest

from mdelab.cli import main as entry


@pytest.fixture(autouse=True)
def _nobody_elses_labs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "runtime"))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.delenv("MDELAB_LAB", raising=False)


def run(*argv: str) -> int:
    return entry.run(argv)


def test_the_version_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--version") == 0
    assert capsys.readouterr().out.startswith("mdelab 0.")


def test_a_misspelt_command_suggests_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("diagnoze", "lin-1") == 2
    assert "Did you mean `mdelab diagnose`?" in capsys.readouterr().err


@pytest.mark.parametrize(
    "argv",
    [
        ("exec",),
        ("exec", "lin-1"),
        ("exec", "lin-1", "--"),
        ("run",),
        ("do",),
        ("new",),
        ("verify", "--endpoints", "-1"),
        ("verify", "--no-such-option"),
        ("completion", "tcsh"),
        ("clock", "5m", "--until", "2026-01-05T12:00:00Z"),
    ],
    ids=" ".join,
)
def test_wrong_usage_ends_with_2_and_no_traceback(argv: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*argv) == 2
    said = capsys.readouterr().err
    assert "Traceback" not in said
    assert said.strip()


@pytest.mark.parametrize(
    "argv",
    [
        ("down",),
        ("exec", "lin-1", "--", "mdatp", "health"),
        ("clock",),
        ("clock", "10m"),
        ("diagnose", "lin-1"),
        ("do", "Given a Linux endpoint lin-1"),
    ],
    ids=" ".join,
)
def test_without_a_lab_a_command_says_how_to_start_one(
    argv: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*argv) == 2
    assert "mdelab up" in capsys.readouterr().err


def test_status_without_a_lab_ends_with_3_and_an_empty_list(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("status", "--json") == 3
    assert capsys.readouterr().out == "[]\n"


def test_a_wrong_spec_is_a_users_mistake(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec = tmp_path / "lab.toml"
    spec.write_text("[lab]\nnmae = 'x'\n")
    assert run("up", str(spec)) == 2
    said = capsys.readouterr().err
    assert "nmae" in said
    assert "mdelab new" in said


@pytest.mark.parametrize("text", ["soon", "10 parsecs", "", "-5m", "5m 3x", "99999999999 weeks"])
def test_a_duration_that_is_none_is_refused(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("clock", "--", text or " ") == 2
    assert "Traceback" not in capsys.readouterr().err


def test_a_moment_that_is_none_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("clock", "--until", "tomorrow") == 2
    assert "'tomorrow' is not a moment" in capsys.readouterr().err


def test_verify_of_nothing_says_what_is_missing(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert run("verify", str(tmp_path / "nowhere"), "--out", str(tmp_path / "out")) == 2
    assert "does not exist" in capsys.readouterr().err


def test_an_unexpected_error_keeps_its_traceback_in_a_file(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("planted")

    monkeypatch.setattr("mdelab.cli.checks.check_all", fail)
    monkeypatch.delenv("MDELAB_DEBUG", raising=False)
    assert run("doctor") == 3
    said = capsys.readouterr().err
    assert "RuntimeError: planted" in said
    assert "Traceback" not in said
    file = Path(said.split("The details are in ")[1].split(";")[0])
    assert "Traceback" in file.read_text()
    file.unlink()


def test_a_reader_that_goes_away_is_no_error() -> None:
    command = f"{sys.executable} -m mdelab.cli --help | head -c 1; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert done.stderr == ""
