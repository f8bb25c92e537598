"""For the tests of labs in containers."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def state(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A state folder of its own, with so short a path that sockets fit into it: pytest's own is too long."""
    with tempfile.TemporaryDirectory(prefix="mdelab-") as folder:
        monkeypatch.setenv("XDG_RUNTIME_DIR", folder)
        yield Path(folder)


@pytest.fixture(scope="session")
def images() -> None:
    """Skips where no engine answers, or has not the images of this very package."""
    asked = subprocess.run(
        [sys.executable, "-m", "mdelab.lab.docker.images"], capture_output=True, text=True, timeout=60, check=False
    )
    if asked.returncode:
        pytest.skip(asked.stderr.strip())
