"""What make says when the package index cannot be trusted or the CA file is not there. pip is a script here that says so."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[1]
_REFUSED = "SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed'))"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the Makefile whose environment has a Python that refuses to install, and prints which CA it was given."""
    shutil.copy(_ROOT / "Makefile", tmp_path)
    (tmp_path / "requirements").mkdir()
    for name in ("requirements/dev.txt", "pyproject.toml"):
        (tmp_path / name).touch()
    fake = tmp_path / ".venv" / "bin" / "python"
    fake.parent.mkdir(parents=True)
    fake.write_text(f'#!/bin/sh\necho "given CA: $PIP_CERT"\necho "{_REFUSED}" >&2\nexit 1\n')
    fake.chmod(0o755)
    return tmp_path


def make(folder: Path, **environment: str) -> tuple[int, str]:
    known = ("PIP_CERT", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "MAKEFLAGS", "MAKELEVEL")
    env = {name: value for name, value in os.environ.items() if name not in known}
    done = subprocess.run(
        ["make", "run"], cwd=folder, env={**env, **environment}, capture_output=True, text=True, check=False, timeout=60
    )
    return done.returncode, done.stdout + done.stderr


def test_an_index_that_is_not_trusted_is_told_with_what_to_set(project: Path) -> None:
    code, text = make(project)
    assert code == 2, text
    assert "CERTIFICATE_VERIFY_FAILED" in text
    assert "make run PIP_CERT=/path/to/corporate-ca.pem" in text


@pytest.mark.parametrize("name", ["PIP_CERT", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"])
def test_a_ca_of_the_environment_reaches_pip(project: Path, name: str) -> None:
    (project / "ca.pem").touch()
    assert f"given CA: {project}/ca.pem" in make(project, **{name: f"{project}/ca.pem"})[1]


def test_a_ca_file_that_is_not_there_is_named(project: Path) -> None:
    code, text = make(project, SSL_CERT_FILE="/gone/ca.pem")
    assert code == 2, text
    assert "the CA file '/gone/ca.pem' cannot be read" in text
    assert "given CA" not in text
