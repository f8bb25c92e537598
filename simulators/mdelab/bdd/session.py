"""What one pytest session knows: its lab, whether the steps are loaded, and what is said and returned at the end."""

from __future__ import annotations

import contextlib
from collections.abc import Generator, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import pytest

from mdelab.model.errors import LabError, NotReady

if TYPE_CHECKING:
    from mdelab.bdd.source import Doorman, Owned, Source
    from mdelab.lab.client import LabClient
    from mdelab.lab.wire import LabInfo
    from mdelab.model.subject import Subject, SubjectKind

PROFILES = ("seed",)
_INCONCLUSIVE = 3
"""The exit code when the lab failed or a result is inconclusive (docs/contracts.md 6)."""

_LAB_FAILED = "inconclusive: the lab failed"


class Session:
    """Registered as a plugin of its own, one for each session."""

    def __init__(self, config: pytest.Config) -> None:
        """Raises pytest.exit (code 2) for an option that cannot be served."""
        self._config = config
        self._source: Source | None = None
        self._doorman: Doorman | None = None
        self._owned: Owned | None = None
        self._info: LabInfo | None = None
        self.has_steps = False
        self._left_to_others = 0
        self._old_wordings: set[str] = set()
        self._inconclusive: list[str] = []
        self._lab_failure = ""
        self._scenarios_that_ran = 0
        self._scenarios_skipped = 0
        if (profile := config.getoption("--lab-profile")) not in PROFILES:
            pytest.exit(f"--lab-profile {profile!r} is not known. Known: {', '.join(PROFILES)}.", returncode=2)
        if (mode := config.getini("mdelab_collect")) not in ("auto", "always", "never"):
            pytest.exit(f"mdelab_collect = {mode!r} is not known. Write auto, always or never.", returncode=2)
        self.subjects = _subjects(config)

    # The lab

    def lab(self) -> LabClient:
        """The client of the session's lab. A lab that does not start fails the test without a traceback."""
        with self.lab_work():
            client = self._get_source().lab()
            if self._info is None:
                self._info = client.info()
            return client

    @contextlib.contextmanager
    def lab_work(self) -> Iterator[None]:
        """An error of the lab in this block is the lab's failure, not the scenario's."""
        try:
            yield
        except (LabError, NotReady, OSError, ImportError) as error:
            self._lab_failure = str(error)
            pytest.fail(f"{_LAB_FAILED}: {error}", pytrace=False)

    def _get_source(self) -> Source:
        from mdelab.bdd.source import Attached, Knocking

        if self._source is None:
            name = self._config.getoption("--lab")
            door: Any = getattr(self._config, "workerinput", {}).get("mdelab_door")
            self._source = Attached(name) if name else Knocking(door) if door else self._own()
        return self._source

    def _own(self) -> Owned:
        from mdelab.bdd.source import Owned

        if self._owned is None:
            option = self._config.getoption
            self._owned = Owned(option("--lab-seed"), option("--lab-backend"), keep=option("--lab-keep"))
        return self._owned

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """pytest-xdist makes a worker: tell it where the doorman is."""
        if self._config.getoption("--lab"):
            return
        if self._doorman is None:
            from mdelab.bdd.source import Doorman

            self._doorman = Doorman(self._own())
        node.workerinput["mdelab_door"] = self._doorman.door

    def close(self) -> None:
        for one in (self._doorman, self._source, self._owned):
            if one is not None:
                one.close()
        self._doorman = self._source = self._owned = None

    # Collection

    def load_steps(self) -> None:
        """Register the step library with pytest; a project that never uses it does not pay for it."""
        if self.has_steps:
            return
        from mdelab.bdd.registry import load_library

        self.has_steps = True
        for module in load_library():
            if not self._config.pluginmanager.is_registered(module):
                self._config.pluginmanager.register(module, module.__name__)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_collection_modifyitems(
        self, session: pytest.Session, items: list[pytest.Item]
    ) -> Generator[None, None, None]:
        if not self._config.pluginmanager.hasplugin("pytest-bdd"):
            return (yield)
        from mdelab.bdd.choice import choose, explain_empty, skip_other_backends
        from mdelab.bdd.collect import ScenarioItem
        from mdelab.bdd.subjects import skip_without_shell, skip_without_subject

        self._left_to_others = choose(session, items)
        if any(hasattr(item, "obj") and _is_scenario(item) for item in items):
            self.load_steps()
        skip_other_backends(items, self._config.getoption("--lab-backend"))
        skip_without_subject(items, self.subjects)
        skip_without_shell(items, self.subjects, self._config.getoption("--lab-backend"))
        before = list(items)
        result = yield
        if any(isinstance(item, ScenarioItem) for item in before) and not items:
            explain_empty(self._config, before)
        return result

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> None:
        """A PAC file that takes its engine down ends the session, as other files do that cannot be tested."""
        if "pac" not in self.subjects or hasattr(self._config, "workerinput") or not any(map(_uses_lab, session.items)):
            return
        from mdelab.bdd.subjects import check_runnable

        try:
            check_runnable(self.lab().tenant(), self.subjects)
        except LabError as error:
            pytest.exit(str(error), returncode=2)

    def pytest_report_collectionfinish(self, items: list[pytest.Item]) -> list[str]:
        lines = []
        if any(_uses_lab(item) for item in items):
            option = self._config.getoption
            lab = (
                f"lab {option('--lab')!r}"
                if option("--lab")
                else f"a lab of this session, backend {option('--lab-backend')}"
            )
            lines.append(f"mdelab: {lab}, profile {option('--lab-profile')}")
        if self._left_to_others:
            lines.append(f"mdelab: {self._left_to_others} scenarios are left to the project's own bindings")
        return lines

    # Results

    def note_old_wordings(self, item: pytest.Item) -> None:
        """Put the renamed steps that `item` used where the process that prints the summary finds them."""
        if not self.has_steps:
            return
        from mdelab.bdd.registry import used_aliases

        item.user_properties.extend(("mdelab_old_wording", line) for line in used_aliases)
        used_aliases.clear()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if ".feature::" in report.nodeid:
            self._scenarios_that_ran += report.when == "call" and not report.skipped
            self._scenarios_skipped += report.skipped
        for name, value in report.user_properties:
            if name == "mdelab_inconclusive" and report.when == "call":
                self._inconclusive.append(f"{report.nodeid}: {value}")
            if name == "mdelab_old_wording":
                self._old_wordings.add(str(value))
        if report.failed and _LAB_FAILED in report.longreprtext:
            self._lab_failure = report.longreprtext

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """A lab that failed and an inconclusive result are stronger than a broken promise; all skipped is not green."""
        if self._scenarios_skipped and not self._scenarios_that_ran:
            self._inconclusive.append("every scenario was skipped, so nothing was checked")
        if (self._inconclusive or self._lab_failure) and session.exitstatus in (0, 1):
            session.exitstatus = _INCONCLUSIVE

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        if self._owned is not None and self._owned.is_running and self._info is None:
            with contextlib.suppress(LabError, NotReady, OSError):
                self._info = self._owned.lab().info()
        if self._info is not None:
            info = self._info
            terminalreporter.write_line(
                f"mdelab: lab {info.id}, backend {info.backend}, seed {info.seed}, profile {info.profile}"
            )
        for subject in self.subjects.values():
            terminalreporter.write_line(f"mdelab: subject {subject}")
        for line in sorted(self._old_wordings):
            terminalreporter.write_line(f"mdelab: {line}")
        for line in self._inconclusive:
            terminalreporter.write_line(f"mdelab: {line}")


def _subjects(config: pytest.Config) -> Mapping[SubjectKind, Subject]:
    """What `--subject` named; a file that cannot be tested ends the session before anything runs."""
    given = config.getoption("--subject")
    if not given:
        return {}  # a session without one does not pay for the readers
    from mdelab.bdd.subjects import read_subjects

    try:
        return read_subjects(given)
    except LabError as error:
        pytest.exit(str(error), returncode=2)


def _uses_lab(item: pytest.Item) -> bool:
    """Whether it is a scenario of ours, or a test that asks for this plugin's `lab`; other projects may have one too."""
    from mdelab.bdd.collect import ScenarioItem

    if isinstance(item, ScenarioItem):
        return True
    known = getattr(getattr(item, "_fixtureinfo", None), "name2fixturedefs", {}).get("lab", ())
    return any(getattr(one.func, "__module__", "") == "mdelab.bdd.plugin" for one in known)


def _is_scenario(item: pytest.Item) -> bool:
    from pytest_bdd.scenario import scenario_wrapper_template_registry

    from mdelab.bdd.collect import ScenarioItem

    if isinstance(item, ScenarioItem):
        return True
    try:
        return getattr(item, "obj", None) in scenario_wrapper_template_registry
    except TypeError:
        return False
