"""Plants each defect in a copy of the product and expects the named scenarios, and no crash of the lab, to turn red.

That they are green without it is what the suite says that they belong to. A scenario that no defect concerns is run with
each, and is green: so red means the defect, and neither the copying nor a lab that does not work.
"""

import os
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import pytest
from planted import Defect

from mdelab.catalogue.requirements import rows

_HERE = Path(__file__).parent

DEFECTS: tuple[Defect, ...] = tuple(
    defect for path in sorted(_HERE.glob("planted*.py")) for defect in import_module(path.stem).DEFECTS
)
"""Of every file whose name begins with `planted`, each with a tuple of that name."""

_ROOT = _HERE.parents[1]
_RUNS_AT_MOST_S = 900
"""Host time; a hanging lab must not hang the suite. A run takes some seconds."""


CONTROL = (
    "features/connectivity/clients.feature",
    "a name that the lab does not simulate is refused by the lab itself",
)
"""File and name of a scenario that needs a whole lab and that no defect concerns."""

_CONTAINERS = {"MDELAB_MOUNT_PACKAGE": "1", "MDELAB_IMAGES": os.environ.get("MDELAB_IMAGES", "")}
"""Containers run the package of the copy, so that no defect needs images of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    exit_code: int
    passed: frozenset[str]
    failed: frozenset[str]
    skipped: frozenset[str]
    output: str


class Copy:
    """The product, its features and its unit tests, without what runs left behind; one defect at a time is planted in it."""

    def __init__(self, folder: Path) -> None:
        """Compiled modules come along: their times fit, so that only the planted one is compiled anew."""
        self._folder = folder
        ignore = shutil.ignore_patterns("*.egg-info", ".*")
        for name in ("simulators", "features", "tests"):
            shutil.copytree(_ROOT / name, folder / name, ignore=ignore)
        for name in ("pyproject.toml", "conftest.py"):
            shutil.copy(_ROOT / name, folder / name)
        env = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST_", "MDELAB", "COV_"))}
        self._env = env | {"PYTHONPATH": str(folder / "simulators"), "PYTHONDONTWRITEBYTECODE": "", **_CONTAINERS}
        where = self._python("-c", "import mdelab; print(mdelab.__file__)")
        assert Path(where.stdout.strip()).is_relative_to(folder), "the copy is not what would run"

    @contextmanager
    def planted(self, defect: Defect) -> Iterator[None]:
        path = Path("simulators") / "mdelab" / defect.path
        text = (self._folder / path).read_text(encoding="utf-8")
        (self._folder / path).write_text(text.replace(defect.good, defect.bad), encoding="utf-8")
        try:
            yield
        finally:
            shutil.copy2(_ROOT / path, self._folder / path)

    def why_no_containers(self) -> str:
        """What the copy lacks for a lab in containers; "" when it can have one."""
        asked = self._python("-m", "mdelab.lab.docker.images")
        return asked.stderr.strip() if asked.returncode else ""

    def collect(self, files: Collection[str]) -> dict[str, frozenset[str]]:
        """What pytest would run, by file."""
        done = self._python("-m", "pytest", "-q", "-p", "no:cacheprovider", "--collect-only", *sorted(files))
        assert done.returncode == 0, done.stdout + done.stderr
        found = [line.partition("::") for line in done.stdout.splitlines()]
        return {file: frozenset(case for path, _, case in found if path == file) for file in files}

    def run(self, nodes: Iterable[str], backend: str) -> Outcome:
        """Run pytest over `nodes`."""
        report = self._folder / "results.xml"
        report.unlink(missing_ok=True)
        options = ("-q", "-p", "no:cacheprovider", f"--junitxml={report}", "--lab-backend", backend)
        done = self._python("-m", "pytest", *options, *nodes)
        cases = list(ET.parse(report).iter("testcase")) if report.exists() else []
        by_sign = {
            sign: frozenset(case.get("name", "") for case in cases if case.find(sign) is not None)
            for sign in ("failure", "error", "skipped")
        }
        failed, skipped = by_sign["failure"] | by_sign["error"], by_sign["skipped"]
        return Outcome(
            exit_code=done.returncode,
            passed=frozenset(case.get("name", "") for case in cases) - failed - skipped,
            failed=failed,
            skipped=skipped,
            output=done.stdout + done.stderr,
        )

    def _python(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=self._folder,
            env=self._env,
            capture_output=True,
            text=True,
            check=False,
            timeout=_RUNS_AT_MOST_S,
        )


def _those_named(title: str, cases: frozenset[str]) -> set[str]:
    """The cases of a scenario; of an outline all of them, whatever stands for its placeholders."""
    pattern = ".*".join(re.escape(part) for part in re.split(r"<[^>]+>", title))
    return {case for case in cases if re.match(rf"{pattern}(\W.*)?$", case)}


@pytest.fixture(scope="session")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    """Of this worker: making one costs as much as running in it."""
    return Copy(tmp_path_factory.mktemp("copy"))


@pytest.fixture(scope="session")
def cases(copy: Copy) -> Mapping[str, frozenset[str]]:
    """File -> the names of what pytest collects in it, of every file that a defect runs."""
    return copy.collect({file for defect in DEFECTS for file in defect.run})


@pytest.mark.defect
@pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: defect.name)
def test_a_planted_defect_turns_its_scenarios_red(defect, copy, cases):
    """Only the scenarios that must turn red are run with the defect, and the control."""
    if defect.backend == "docker" and (why := copy.why_no_containers()):
        pytest.skip(why)
    watched = {
        title: {(file, case) for file in defect.run for case in _those_named(title, cases[file])}
        for title in defect.red
    }
    nodes = {f"{file}::{case}" for found in watched.values() for file, case in found}
    with_lab = any(file.startswith("features/") for file in defect.run)

    with copy.planted(defect):
        outcome = copy.run(sorted(nodes | ({"::".join(CONTROL)} if with_lab else set())), defect.backend)

    # 3: a scenario lost its positive control by the defect. A lab that failed would prove nothing.
    assert outcome.exit_code in (1, 3), f"{defect.wrong} Exit code {outcome.exit_code}.\n{outcome.output[-4000:]}"
    assert "the lab failed" not in outcome.output, outcome.output[-4000:]
    for title, found in watched.items():
        ran = {case for _, case in found} - outcome.skipped
        assert ran, f"{defect.name} watches {title!r}, and no test of that name runs"
        assert ran <= outcome.failed, f"green although: {defect.wrong} {sorted(ran - outcome.failed)}"
    assert not with_lab or CONTROL[1] in outcome.passed, f"nothing works with it:\n{outcome.output[-4000:]}"


def test_every_defect_fits_and_watches_what_is_there(cases):
    for defect in DEFECTS:
        text = (_ROOT / "simulators" / "mdelab" / defect.path).read_text(encoding="utf-8")
        assert text.count(defect.good) == 1, f"the good text of {defect.name} does not stand once in {defect.path}"
        for title in defect.red:
            found = [case for file in defect.run for case in _those_named(title, cases[file])]
            assert found, f"{defect.name} watches {title!r}, and none of {', '.join(defect.run)} has it"


def test_names_are_unique_and_every_requirement_names_defects_that_exist():
    names = [defect.name for defect in DEFECTS]

    assert len(names) == len(set(names))
    assert {name for row in rows() for name in row.defects} <= set(names)
