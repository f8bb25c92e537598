"""Plants each defect in a copy of the product and expects the named scenarios, and no crash of the lab, to turn red.

The same scenarios are green in a copy without a defect, so that red means the defect and not the copying.
"""

import fcntl
import os
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

import msgspec
import pytest
from planted import Defect

from mdelab.catalogue.requirements import rows

pytestmark = pytest.mark.defect

_HERE = Path(__file__).parent

DEFECTS: tuple[Defect, ...] = tuple(
    defect for path in sorted(_HERE.glob("planted*.py")) for defect in import_module(path.stem).DEFECTS
)
"""Of every file whose name begins with `planted`, each with a tuple of that name."""

_ROOT = _HERE.parents[1]
_RUNS_AT_MOST_S = 900
"""Host time; a hanging lab must not hang the suite. A run takes some seconds."""


_CONTAINERS = {"MDELAB_MOUNT_PACKAGE": "1", "MDELAB_IMAGES": os.environ.get("MDELAB_IMAGES", "")}
"""Containers run the package of the copy, so that no defect needs images of its own."""


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    exit_code: int
    passed: frozenset[str]
    failed: frozenset[str]
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
        count = text.count(defect.good)
        assert count == 1, f"{defect.name} no longer fits: its good text stands {count} times in {defect.path}; mend it"
        (self._folder / path).write_text(text.replace(defect.good, defect.bad), encoding="utf-8")
        try:
            yield
        finally:
            shutil.copy2(_ROOT / path, self._folder / path)

    def why_no_containers(self) -> str:
        """What the copy lacks for a lab in containers; "" when it can have one."""
        asked = self._python("-m", "mdelab.lab.docker.images")
        return asked.stderr.strip() if asked.returncode else ""

    def run(self, files: tuple[str, ...], backend: str) -> Outcome:
        """Run pytest over `files`."""
        report = self._folder / "results.xml"
        report.unlink(missing_ok=True)
        options = ("-q", "-p", "no:cacheprovider", f"--junitxml={report}", "--lab-backend", backend)
        done = self._python("-m", "pytest", *options, *files)
        cases = list(ET.parse(report).iter("testcase")) if report.exists() else []
        failed = {
            case.get("name", "") for case in cases if case.find("failure") is not None or case.find("error") is not None
        }
        passed = {case.get("name", "") for case in cases} - failed
        return Outcome(
            exit_code=done.returncode,
            passed=frozenset(passed),
            failed=frozenset(failed),
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
def good(tmp_path_factory: pytest.TempPathFactory, copy: Copy) -> Callable[[str, str], Outcome]:
    """What a file comes to in a copy without a defect: each is run once, by whichever worker asks first."""
    own = tmp_path_factory.getbasetemp()
    shared = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "good"
    shared.mkdir(exist_ok=True)

    def outcome(file: str, backend: str) -> Outcome:
        kept = shared / re.sub(r"\W", "-", f"{backend}-{file}")
        with kept.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not kept.exists():
                kept.write_bytes(msgspec.json.encode(copy.run((file,), backend)))
            return msgspec.json.decode(kept.read_bytes(), type=Outcome)

    return outcome


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: defect.name)
def test_a_planted_defect_turns_its_scenarios_red(defect, copy, good):
    """Only the scenarios that must turn red are run with the defect."""
    if defect.backend == "docker" and (why := copy.why_no_containers()):
        pytest.skip(why)
    watched: set[str] = set()
    expected: set[str] = set()
    for file in defect.run:
        green = good(file, defect.backend)
        assert green.exit_code == 0, f"red without the defect:\n{green.output[-4000:]}"
        cases = {case for title in defect.red for case in _those_named(title, green.passed)}
        watched |= {file} if "::" in file else {f"{file}::{case}" for case in cases}
        expected |= cases
    for title in defect.red:
        assert _those_named(title, frozenset(expected)), (
            f"{defect.name} watches {title!r}, which is not green without it"
        )

    with copy.planted(defect):
        outcome = copy.run(tuple(sorted(watched)), defect.backend)

    # 3: a scenario lost its positive control by the defect. A lab that failed would prove nothing.
    assert outcome.exit_code in (1, 3), f"{defect.wrong} Exit code {outcome.exit_code}.\n{outcome.output[-4000:]}"
    assert "the lab failed" not in outcome.output, outcome.output[-4000:]
    assert expected <= outcome.failed, f"green although: {defect.wrong} {sorted(expected - outcome.failed)}"


def test_names_are_unique_and_every_requirement_names_defects_that_exist():
    names = [defect.name for defect in DEFECTS]

    assert len(names) == len(set(names))
    assert {name for row in rows() for name in row.defects} <= set(names)
