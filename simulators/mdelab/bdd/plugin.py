"""pytest's way into mdelab: options, the fixtures (`lab`, `tenant`, `subjects`, `last`), and the hooks that tie the rest in.

Loaded by its entry point alone. It leaves a project that does not use it as it is: nothing starts, no marker is strict, no
warning is filtered, and `-p no:mdelab` works. Everything heavy is imported when it is first needed.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pytest_bdd.parser import Feature, Scenario, Step

    from mdelab.bdd.collect import FeatureFile
    from mdelab.bdd.last import Last
    from mdelab.bdd.session import Session
    from mdelab.lab.client import LabClient, TenantClient
    from mdelab.model.subject import Subject, SubjectKind

_SESSION: pytest.StashKey[Session] = pytest.StashKey()
_CALL: pytest.StashKey[pytest.TestReport] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("mdelab", "Microsoft Defender for Endpoint test lab")
    group.addoption("--lab", metavar="NAME", help="use the lab that `mdelab up --name NAME` started; else start one")
    group.addoption("--lab-seed", type=int, metavar="N", help="the seed of the lab that is started")
    group.addoption(
        "--lab-keep", action="store_true", help="failed scenarios keep their tenant, in a lab that stays up"
    )
    group.addoption(
        "--subject",
        action="append",
        default=[],
        metavar="KIND=FILE",
        help="an artefact of yours to test: pac=FILE, bypass=FILE or prefs=FILE; may be repeated",
    )
    group.addoption("--lab-backend", choices=("embedded", "docker"), default="embedded", help="where endpoints run")
    group.addoption(
        "--lab-profile", metavar="NAME", default="seed", help="dated behaviour of the product (default: seed)"
    )
    parser.addini(
        "mdelab_collect",
        "collect *.feature files: auto (leave those alone that the project binds itself), always, never",
        default="auto",
    )


def pytest_configure(config: pytest.Config) -> None:
    from mdelab.bdd.session import Session

    session = Session(config)
    config.stash[_SESSION] = session
    config.pluginmanager.register(session, "mdelab-session")


def pytest_unconfigure(config: pytest.Config) -> None:
    session = config.stash.get(_SESSION, None)
    if session is not None:
        session.close()


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> FeatureFile | None:
    if file_path.suffix != ".feature" or parent.config.getini("mdelab_collect") == "never":
        return None
    if not parent.config.pluginmanager.hasplugin("pytest-bdd"):
        return None
    from mdelab.bdd.collect import FeatureFile

    parent.config.stash[_SESSION].load_steps()
    file: FeatureFile = FeatureFile.from_parent(parent, path=file_path)
    return file


@pytest.fixture(scope="session")
def lab(pytestconfig: pytest.Config) -> LabClient:
    """The session's lab: started at the first use, or the one that `--lab NAME` names."""
    return pytestconfig.stash[_SESSION].lab()


@pytest.fixture
def tenant(lab: LabClient, request: pytest.FixtureRequest, pytestconfig: pytest.Config) -> Iterator[TenantClient]:
    """A fresh tenant: its own devices, clock, policies and seed stream."""
    from mdelab.bdd.tenancy import begin, end

    with pytestconfig.stash[_SESSION].lab_work():
        started = begin(lab, request.node)
    yield started
    report = request.node.stash.get(_CALL, None)
    keep = bool(pytestconfig.getoption("--lab-keep")) and (report is None or report.failed)
    if not keep:
        end(lab, started)


@pytest.fixture
def subjects(pytestconfig: pytest.Config) -> Mapping[SubjectKind, Subject]:
    """The user's artefacts under test, by kind."""
    return pytestconfig.stash[_SESSION].subjects


@pytest.fixture
def last() -> Last:
    """What the last command on each endpoint of this scenario said."""
    from mdelab.bdd.last import Last

    return Last()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    lines: list[str] = []
    if call.when == "call" and call.excinfo is not None and not call.excinfo.errisinstance(pytest.skip.Exception):
        from mdelab.bdd.tenancy import explain

        lines = explain(item, call.excinfo.value)
    if call.when == "call":
        item.config.stash[_SESSION].note_old_wordings(item)
    report = yield
    if call.when == "call":
        item.stash[_CALL] = report
    if lines:
        report.sections.append(("mdelab", "\n".join(lines)))
    return report


@pytest.hookimpl(optionalhook=True)
def pytest_bdd_before_scenario(request: pytest.FixtureRequest, feature: Feature, scenario: Scenario) -> None:
    from mdelab.bdd.collect import Progress, ScenarioItem

    if isinstance(request.node, ScenarioItem):
        request.node.progress = Progress(scenario)


@pytest.hookimpl(optionalhook=True)
def pytest_bdd_before_step(request: pytest.FixtureRequest, scenario: Scenario, step: Step, step_func: Any) -> None:
    from mdelab.bdd.lookahead import note

    if getattr(request.node, "progress", None) is not None:
        request.node.progress.step = step
    note(request, scenario, step, step_func)


@pytest.hookimpl(optionalhook=True)
def pytest_bdd_step_func_lookup_error(request: pytest.FixtureRequest, step: Step, exception: Exception) -> None:
    from mdelab.bdd.registry import undefined

    if getattr(request.node, "progress", None) is not None:
        request.node.progress.step = step
    if request.config.stash[_SESSION].has_steps:
        exception.args = (f"{undefined(step.name, step.type)}\nIt is in line {step.line_number}.",)  # type: ignore[arg-type]
