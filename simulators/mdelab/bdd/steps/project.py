"""A user's own project: a folder with features, and runs of `mdelab` in it against the lab of this session."""

import json
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from mdelab.bdd.registry import given, then, when
from mdelab.bdd.verdict import Unmet
from mdelab.lab.client import LabClient

_WITHIN_S = 300
"""Host time: a run takes seconds, and one that hangs must end."""


class Project:
    """The folder, and how the last run in it ended."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.exit_code = -1
        self.printed = ""

    def run(self, arguments: list[str]) -> None:
        command = [sys.executable, "-m", "mdelab.cli", *arguments]
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=False, timeout=_WITHIN_S)
        self.exit_code, self.printed = done.returncode, done.stdout + done.stderr

    @property
    def summary(self) -> str:
        """The text of summary.json. Raises Unmet when there is none."""
        path = self.folder / "out" / "summary.json"
        if not path.exists():
            raise Unmet(f"the run left no summary. It printed:\n{self.printed}")
        return path.read_text(encoding="utf-8")


@pytest.fixture
def project() -> Iterator[Project]:
    """Empty at first, and gone with the scenario."""
    with tempfile.TemporaryDirectory(prefix="mdelab-project-") as folder:
        yield Project(Path(folder))


@given("another feature of the project holds:")
def with_feature(project: Project, docstring: str) -> None:
    """A file beside what is there."""
    (project.folder / "own.feature").write_text(docstring + "\n", encoding="utf-8")


@given("a project that `mdelab new` wrote")
def new(project: Project) -> None:
    """With the example feature as it is."""
    project.run(["new", str(project.folder)])


@when("a user of the project runs {command:Quoted}")
def runs(lab: LabClient, project: Project, command: str) -> None:
    """A command line of mdelab, with the lab of this session; the project's folder is where it runs."""
    _, *arguments = shlex.split(command)
    project.run([*arguments, "--lab", lab.info().name, "--workers", "0", "--quiet"])


@then("the run ends with {code:Count}")
def ends_with(project: Project, code: int) -> None:
    """The exit code of the command, and the one in its summary."""
    written = json.loads(project.summary)["exit_code"]
    if (project.exit_code, written) != (code, code):
        raise Unmet(
            f"it ended with {project.exit_code} (summary: {written}), not {code}. It printed:\n{project.printed}"
        )


@then("its summary says {text:Quoted}")
def says(project: Project, text: str) -> None:
    """Somewhere in summary.json."""
    if text not in json.dumps(json.loads(project.summary), ensure_ascii=False).replace("\\n", "\n"):
        raise Unmet(f"{text!r} is not in the summary:\n{project.summary}")


@then("its summary counts {count:Count} as passed")
def has_passed(project: Project, count: int) -> None:
    """By the numbers of summary.json."""
    passed = json.loads(project.summary)["scenarios"]["passed"]
    if passed != count:
        raise Unmet(f"{passed} scenarios passed, not {count}. It printed:\n{project.printed}")
