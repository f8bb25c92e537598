"""Plants each defect in a copy of the product and expects the named scenarios, and no crash of the lab, to turn red.

The same scenarios are green in a copy without a defect, so that red means the defect and not the copying.
"""

import os
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import Path

import pytest
from planted import DEFECTS as COMMON_DEFECTS
from planted import Defect
from planted_faults import FAULT_DEFECTS
from planted_gate import GATE_DEFECTS
from planted_identity import IDENTITY_DEFECTS
from planted_licences import LICENCE_DEFECTS
from planted_macos import MAC_DEFECTS
from planted_routes import ROUTE_DEFECTS
from planted_support import SUPPORT_DEFECTS
from planted_updates import UPDATE_DEFECTS
from planted_windows import WINDOWS_DEFECTS

from mdelab.catalogue.requirements import rows

pytestmark = pytest.mark.defect

DEFECTS = (
    *COMMON_DEFECTS,
    *FAULT_DEFECTS,
    *GATE_DEFECTS,
    *IDENTITY_DEFECTS,
    *LICENCE_DEFECTS,
    *MAC_DEFECTS,
    *ROUTE_DEFECTS,
    *SUPPORT_DEFECTS,
    *UPDATE_DEFECTS,
    *WINDOWS_DEFECTS,
)

_ROOT = Path(__file__).parents[2]
_RUNS_AT_MOST_S = 900
"""Host time; a hanging lab must not hang the suite. A run takes some seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    exit_code: int
    passed: frozenset[str]
    failed: frozenset[str]
    output: str


def _copy(folder: Path) -> Path:
    """The product, its features and its unit tests, without what runs left behind.

    Compiled modules come along: their times fit, so that only the planted one is compiled anew (half of a run's time).
    """
    ignore = shutil.ignore_patterns("*.egg-info", ".*")
    for name in ("simulators", "features", "tests"):
        shutil.copytree(_ROOT / name, folder / name, ignore=ignore)
    for name in ("pyproject.toml", "conftest.py"):
        shutil.copy(_ROOT / name, folder / name)
    return folder


def _plant(defect: Defect, folder: Path) -> None:
    path = folder / "simulators" / "mdelab" / defect.path
    text = path.read_text(encoding="utf-8")
    count = text.count(defect.good)
    assert count == 1, f"{defect.name} no longer fits: its good text stands {count} times in {defect.path}; mend it"
    path.write_text(text.replace(defect.good, defect.bad), encoding="utf-8")


def _run(folder: Path, files: tuple[str, ...]) -> Outcome:
    """Run pytest over `files` in the copy; its own package comes first on the path."""
    env = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST_", "MDELAB", "COV_"))}
    env |= {"PYTHONPATH": str(folder / "simulators")}
    where = subprocess.run(
        [sys.executable, "-c", "import mdelab; print(mdelab.__file__)"],
        cwd=folder,
        env=env,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert Path(where.stdout.strip()).is_relative_to(folder), "the copy is not what would run"
    report = folder / "results.xml"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={report}", *files]
    done = subprocess.run(
        command,
        cwd=folder,
        env=env,
        capture_output=True,
        text=True,
        check=False,
        timeout=_RUNS_AT_MOST_S,
    )
    cases = list(ET.parse(report).iter("testcase")) if report.exists() else []
    failed = {
        case.get("name", "") for case in cases if case.find("failure") is not None or case.find("error") is not None
    }
    passed = {case.get("name", "") for case in cases} - failed
    return Outcome(
        exit_code=done.returncode, passed=frozenset(passed), failed=frozenset(failed), output=done.stdout + done.stderr
    )


def _those_named(title: str, cases: frozenset[str]) -> set[str]:
    """The cases of a scenario; of an outline all of them, whatever stands for its placeholders."""
    pattern = ".*".join(re.escape(part) for part in re.split(r"<[^>]+>", title))
    return {case for case in cases if re.match(rf"{pattern}(\W.*)?$", case)}


@pytest.fixture(scope="module")
def chosen(request: pytest.FixtureRequest) -> tuple[Defect, ...]:
    """The defects of this session: with `-k` only those that it names, so that trying one takes no time for the others."""
    found = [
        item.callspec.params["defect"]
        for item in request.session.items
        if hasattr(item, "callspec") and "defect" in item.callspec.params
    ]
    return tuple(found) or DEFECTS


@pytest.fixture(scope="module")
def good(chosen: tuple[Defect, ...], tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """The run of everything that is watched, in a copy without a defect."""
    folder = _copy(tmp_path_factory.mktemp("good"))
    return _run(folder, tuple(sorted({file for defect in chosen for file in defect.run})))


def test_without_a_defect_all_that_is_watched_is_green(good, chosen):
    assert good.exit_code == 0, good.output[-4000:]
    for defect in chosen:
        for title in defect.red:
            assert _those_named(title, good.passed), f"{defect.name} watches {title!r}, which did not run"


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: defect.name)
def test_a_planted_defect_turns_its_scenarios_red(defect, tmp_path, good):
    folder = _copy(tmp_path)
    _plant(defect, folder)

    outcome = _run(folder, defect.run)

    # 3: another scenario of the file lost its positive control by the defect. A lab that failed would prove nothing.
    assert outcome.exit_code in (1, 3), f"{defect.wrong} Exit code {outcome.exit_code}.\n{outcome.output[-4000:]}"
    assert "the lab failed" not in outcome.output, outcome.output[-4000:]
    # Other features may have a scenario whose title begins alike.
    ran = outcome.passed | outcome.failed
    for title in defect.red:
        expected = _those_named(title, good.passed & ran)
        assert expected, f"{title!r} is not green without the defect"
        assert expected <= outcome.failed, f"{title!r} stays green although: {defect.wrong}"


def test_names_are_unique_and_every_requirement_names_defects_that_exist():
    names = [defect.name for defect in DEFECTS]

    assert len(names) == len(set(names))
    assert {name for row in rows() for name in row.defects} <= set(names)
