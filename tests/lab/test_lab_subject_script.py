"""`--subject script=FILE`: an organisation's own script on a device, in a real shell or in the simulated cmd."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

GOOD = """#!/bin/bash
set -euo pipefail
cd "$(dirname "$0")"
test "$(id -u)" = 0
mdatp health --field licensed | grep -q true && { echo already; exit 0; }
sudo python3 MicrosoftDefenderATPOnboardingLinuxServer.py
for try in {1..20}; do
    test "$(mdatp health --field licensed | tail -1)" = true && exit 0
    sleep 2
done
echo "not licensed" >&2
exit 1
"""

MAC = """#!/bin/bash
set -e
mkdir -p "/Library/Application Support/Microsoft/Defender"
bash ./MicrosoftDefenderATPOnboardingMacOs.sh
"""

CMD = """@echo off\r
cmd /c %~dp0WindowsDefenderATPOnboardingScript.cmd\r
if %ERRORLEVEL% NEQ 0 exit /b 1\r
sc query sense\r
"""

TITLE = "onboards"
"""Chooses the first scenario."""


def _pytest(folder: Path, file: str, *options: str) -> tuple[int, str]:
    """The shipped feature with the script under test."""
    feature = Path(__file__).parents[2] / "features" / "subject" / "script.feature"
    command = [sys.executable, "-m", "pytest", "-p", "no:locust", "-p", "no:cacheprovider", "-q", "-rs"]
    done = subprocess.run(
        [*command, str(feature), "--subject", f"script={folder / file}", *options],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        env={name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")},
    )
    return done.returncode, done.stdout + done.stderr


def test_a_batch_file_runs_in_the_simulated_cmd(tmp_path: Path) -> None:
    (tmp_path / "onboard.cmd").write_bytes(CMD.encode())
    code, text = _pytest(tmp_path, "onboard.cmd")
    assert (code, "2 passed" in text) == (0, True), text


def test_a_batch_file_that_does_what_is_not_simulated_is_inconclusive_and_says_what(tmp_path: Path) -> None:
    (tmp_path / "onboard.cmd").write_bytes(CMD.encode() + b"bcdedit /enum\r\n")
    code, text = _pytest(tmp_path, "onboard.cmd")
    assert code != 0
    assert "used what this lab does not simulate" in text
    assert "line 5: bcdedit)" in text


def test_a_script_that_carries_a_package_is_inconclusive(tmp_path: Path) -> None:
    body = '{\\"body\\":\\"{\\\\\\"orgId\\\\\\":\\\\\\"a\\\\\\"}\\"}'
    (tmp_path / "onboard.cmd").write_text(f'reg add HKLM\\SOFTWARE\\x /v y /d "{body}" /f\n')
    code, text = _pytest(tmp_path, "onboard.cmd", "-k", TITLE)
    assert code != 0
    assert "carries an onboarding package" in text


def test_without_a_real_shell_a_shells_script_is_skipped_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "onboard.sh").write_text(GOOD)
    _, text = _pytest(tmp_path, "onboard.sh")
    assert "needs a real shell, which only containers have" in text
    assert "2 skipped" in text


def test_a_file_that_no_system_runs_ends_with_2(tmp_path: Path) -> None:
    (tmp_path / "onboard.sh").write_bytes(GOOD.replace("\n", "\r\n").encode())
    code, text = _pytest(tmp_path, "onboard.sh")
    assert (code, "line ends of Windows (CRLF)" in text) == (2, True)


@pytest.mark.usefixtures("images")
@pytest.mark.parametrize("script", [GOOD, MAC], ids=["linux", "macos"])
def test_a_shells_script_runs_in_the_devices_container(tmp_path: Path, script: str) -> None:
    (tmp_path / "onboard.sh").write_text(script)
    code, text = _pytest(tmp_path, "onboard.sh", "--lab-backend", "docker")
    assert (code, "2 passed" in text) == (0, True), text


@pytest.mark.usefixtures("images")
@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("mdatp dance > /dev/null 2>&1 || true", "used what this lab does not simulate (mdatp dance)"),
        ("zypper --version || true", "used what this lab does not simulate (zypper)"),
        ("exit 7", "exited with 7"),
        ("true", "the API lists dev-1 as Active: this did not hold"),
    ],
)
def test_a_script_that_does_something_else_is_told_from_one_that_does_not_work(
    tmp_path: Path, line: str, said: str
) -> None:
    (tmp_path / "onboard.sh").write_text(f"#!/bin/sh\n{line}\n")
    code, text = _pytest(tmp_path, "onboard.sh", "--lab-backend", "docker", "-k", TITLE)
    assert code != 0
    assert said in text, text
