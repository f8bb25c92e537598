"""A pytest plugin that gathers the results of a session and writes them down: `-p mdelab.report.collect --mdelab-out DIR`.

`mdelab verify` loads it; nothing happens without the option. In a parallel run each worker puts what it knows of a scenario
on its reports, and the controller gathers them. Which files are written is in `mdelab.report.write`.

What other plugins may add with `item.user_properties`: `mdelab_seed` (int), `mdelab_evidence` (lines of text about the
scenario's connections), `mdelab_records` (these connections as plain JSON values; kept in a file of their own),
`mdelab_inconclusive` (why nothing can be concluded from the scenario), `mdelab_not_applicable` (that it was skipped because its
subject was not given), and `mdelab_kept` (commands that look into the tenant that it kept).
"""

from collections.abc import Generator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from mdelab import __version__
from mdelab.report.facts import Facts, describe
from mdelab.report.run import Outcome, Run, ScenarioResult
from mdelab.report.write import write_all, write_records

_ATTRIBUTE = "mdelab_facts"
"""Attributes of a report travel from a worker to the controller, as long as they are plain JSON."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.getgroup("mdelab").addoption(
        "--mdelab-out",
        metavar="DIR",
        default=None,
        help="write summary.json, junit.xml, report.html and more",
    )


def pytest_configure(config: pytest.Config) -> None:
    out = config.getoption("--mdelab-out")
    if out is not None and not hasattr(config, "workerinput"):
        config.pluginmanager.register(_Collector(Path(out)), "mdelab-report-collector")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if item.config.getoption("--mdelab-out") is not None:
        setattr(report, _ATTRIBUTE, msgspec.to_builtins(describe(item, call)))
    return report


class _Collector:
    """Listens in the process that sees every report."""

    def __init__(self, out: Path) -> None:
        self._out = out
        self._results: dict[str, ScenarioResult] = {}
        self._broken_files: list[str] = []

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self._broken_files.append(f"{report.nodeid or 'collection'}: {_text(report)}")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        facts = msgspec.convert(getattr(report, _ATTRIBUTE, {}), Facts)
        result = _result(report, facts)
        records = dict(report.user_properties).get("mdelab_records")
        if report.failed and records:
            result = msgspec.structs.replace(result, records=write_records(self._out, report.nodeid, records))
        earlier = self._results.get(report.nodeid)
        if earlier is None:
            self._results[report.nodeid] = result
        else:
            self._results[report.nodeid] = _later(earlier, result, report)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        # In the order of the files, so that two runs compare whatever order or share of work they had.
        results = sorted(self._results.values(), key=lambda result: (result.feature, result.line, result.id))
        run = Run(mdelab=__version__, results=tuple(results), nothing_collected=self._why_empty(session))
        if exitstatus == pytest.ExitCode.INTERNAL_ERROR:
            run = msgspec.structs.replace(run, lab_failed="pytest met an internal error; its output says which")
        write_all(self._out, run)

    def _why_empty(self, session: pytest.Session) -> str:
        if self._broken_files:
            return "; ".join(self._broken_files)
        if not self._results:
            return "no scenario was collected from " + ", ".join(map(str, session.config.args))
        return ""


def _result(report: pytest.TestReport, facts: Facts) -> ScenarioResult:
    outcome, message = _judge(report, facts)
    properties = dict(report.user_properties)
    evidence: Any = properties.get("mdelab_evidence", ())
    kept: Any = properties.get("mdelab_kept", ())
    return ScenarioResult(
        id=report.nodeid,
        feature=facts.feature or report.location[0],
        line=facts.line or (report.location[1] or 0) + 1,
        title=facts.title,
        scenario=facts.scenario or report.nodeid.rpartition("::")[2],
        outcome=outcome,
        basis=facts.basis,
        requirements=facts.requirements,
        seed=_seed(properties),
        duration_s=report.duration,
        message=_whole(message),
        steps=facts.steps,
        details=_whole(report.longreprtext) if report.failed else "",
        is_applicable="mdelab_not_applicable" not in properties,
        kept=tuple(map(str, kept)),
        evidence=tuple(_whole(str(line)) for line in ([evidence] if isinstance(evidence, str) else evidence)),
    )


def _judge(report: pytest.TestReport, facts: Facts) -> tuple[Outcome, str]:
    """What a phase of a scenario says about it. Outside of its steps only the lab can fail."""
    if report.passed:
        return "passed", ""
    if report.skipped:
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longreprtext
        return "skipped", reason.removeprefix("Skipped: ")
    if report.when != "call" and not facts.is_inconclusive:
        return "inconclusive", f"the lab failed at {report.when}: {facts.message or _text(report)}"
    return ("inconclusive" if facts.is_inconclusive else "failed"), facts.message or _text(report)


def _later(earlier: ScenarioResult, later: ScenarioResult, report: pytest.TestReport) -> ScenarioResult:
    """Put the next phase (call, teardown) of a scenario on top of what is known of it."""
    duration_s = earlier.duration_s + later.duration_s
    if report.when == "call" or (later.outcome == "inconclusive" and earlier.outcome == "passed"):
        return msgspec.structs.replace(later, duration_s=duration_s, steps=later.steps or earlier.steps)
    return msgspec.structs.replace(
        earlier,
        duration_s=duration_s,
        evidence=earlier.evidence or later.evidence,
        records=earlier.records or later.records,
        seed=earlier.seed or later.seed,
    )


def _whole(text: str) -> str:
    """`text` without lone surrogates, which no file of ours could hold."""
    return text.encode("utf-8", "replace").decode()


def _seed(properties: dict[str, object]) -> int:
    seed = properties.get("mdelab_seed", 0)
    return seed if isinstance(seed, int) else 0


def _text(report: pytest.CollectReport | pytest.TestReport) -> str:
    """A message of ours as a whole; of a traceback the last line that says something."""
    lines = [line.strip() for line in report.longreprtext.splitlines() if line.strip()]
    if isinstance(report.longrepr, str):
        return " ".join(lines)
    return lines[-1].removeprefix("E ").strip() if lines else "failed without a text"
