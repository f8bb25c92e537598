"""JUnit XML in the shape that Jenkins and GitLab read, with what a CI server should show about a scenario as properties.

One suite for each feature file, one case for each scenario; one suite for the load, one for the thresholds. A server that
looks at this file alone must come to the verdict of the exit code, so a run that went wrong without a case that says so gets one.
Our own writer, because the properties (requirements, basis, seed) belong to results that were gathered from several processes.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Literal
from xml.etree import ElementTree

from mdelab.report.run import LoadReport, Run, ScenarioResult
from mdelab.report.summary import Summary
from mdelab.report.threshold import Judged

Trouble = Literal["", "failure", "error", "skipped"]

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 cannot carry; texts from peers may hold them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    name: str
    classname: str
    file: str = ""
    line: int = 0
    duration_s: float = 0.0
    properties: tuple[tuple[str, str], ...] = ()
    trouble: Trouble = ""
    kind: str = ""
    message: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Suite:
    name: str
    cases: tuple[_Case, ...]
    properties: tuple[tuple[str, str], ...] = ()

    def count(self, trouble: Trouble) -> str:
        return str(sum(case.trouble == trouble for case in self.cases))

    @property
    def duration_s(self) -> float:
        return sum(case.duration_s for case in self.cases)


def junit(run: Run, summary: Summary) -> bytes:
    """The whole file, UTF-8."""
    suites = list(_suites(run, summary))
    cases = [case for suite in suites for case in suite.cases]
    root = ElementTree.Element(
        "testsuites",
        name=f"mdelab {run.mdelab}",
        tests=str(len(cases)),
        failures=str(sum(case.trouble == "failure" for case in cases)),
        errors=str(sum(case.trouble == "error" for case in cases)),
        time=_seconds(sum(suite.duration_s for suite in suites)),
    )
    for suite in suites:
        _add_suite(root, suite)
    ElementTree.indent(root)
    text: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return text + b"\n"


def _suites(run: Run, summary: Summary) -> Iterator[_Suite]:
    about = _about(run, summary)
    suites = [
        _Suite(name=feature, properties=about, cases=tuple(_scenario(run, result) for result in group))
        for feature, group in groupby(sorted(run.results, key=_feature), key=_feature)
    ]
    if run.load is not None:
        suites.append(_Suite(name="load", cases=(_load(run.load),)))
    if summary.gate.thresholds:
        suites.append(_Suite(name="thresholds", cases=tuple(map(_threshold, summary.gate.thresholds))))
    yield from suites
    is_said = any(case.trouble in ("failure", "error") for suite in suites for case in suite.cases)
    if summary.exit_code and not is_said:
        reason = "; ".join(summary.reasons)
        whole = _Case(name="the run as a whole", classname="mdelab", trouble="error", kind="run", message=reason)
        yield _Suite(name="mdelab", properties=about, cases=(whole,))


def _about(run: Run, summary: Summary) -> tuple[tuple[str, str], ...]:
    return (
        ("subject", run.subject),
        *((f"subject-{one.kind}-sha256", one.sha256) for one in run.subjects),
        ("basis", summary.basis.value),
        ("backend", run.backend),
        ("profile", run.profile),
        ("seed", str(run.seed)),
        ("lab", run.lab),
    )


def _scenario(run: Run, result: ScenarioResult) -> _Case:
    properties = [("feature", f"{result.feature}:{result.line}"), ("basis", result.basis.value)]
    properties += [("requirement", requirement) for requirement in result.requirements]
    properties.append(("seed", str(result.seed)))
    if result.outcome == "skipped":
        properties.append(("skip-reason", result.message))
    trouble, message = _judged(run, result)
    return _Case(
        name=result.scenario,
        classname=result.title or result.feature,
        file=result.feature,
        line=result.line,
        duration_s=result.duration_s,
        properties=tuple(properties),
        trouble=trouble,
        kind=result.outcome,
        message=message,
        text="\n".join([result.details, *result.evidence, *result.kept]),
    )


def _judged(run: Run, result: ScenarioResult) -> tuple[Trouble, str]:
    """The element that a server counts, by the same rule as the exit code."""
    troubles: dict[str, Trouble] = {"failed": "failure", "inconclusive": "error", "skipped": "skipped"}
    trouble = troubles.get(result.outcome, "")
    if trouble and not run.decides(result):
        return "skipped", f"informational, because its basis is {result.basis}: {result.outcome}: {result.message}"
    if trouble == "skipped" and run.gate.no_skips and result.is_applicable:
        return "failure", f"skipped, and --no-skips allows no skip: {result.message}"
    return trouble, result.message


def _load(load: LoadReport) -> _Case:
    names = ("sent", "waiting", "received", "stored", "duplicates", "lost")
    return _Case(
        name=f"{load.endpoints} endpoints: sent = received = stored",
        classname="load",
        properties=tuple((name, str(getattr(load, name))) for name in names),
        trouble="" if not load.reason else ("failure" if load.is_valid else "error"),
        kind="load",
        message=load.reason,
        text=load.reason,
    )


def _threshold(judged: Judged) -> _Case:
    troubles: dict[str, Trouble] = {"failed": "failure", "inconclusive": "error"}
    return _Case(
        name=f"the gate fails if {judged.expression}",
        classname="thresholds",
        trouble=troubles.get(judged.verdict, ""),
        kind="threshold",
        message=judged.reason,
    )


def _add_suite(root: ElementTree.Element, suite: _Suite) -> None:
    element = ElementTree.SubElement(
        root,
        "testsuite",
        name=_clean(suite.name),
        tests=str(len(suite.cases)),
        failures=suite.count("failure"),
        errors=suite.count("error"),
        skipped=suite.count("skipped"),
        time=_seconds(suite.duration_s),
    )
    _add_properties(element, suite.properties)
    for case in suite.cases:
        _add_case(element, case)


def _add_case(suite: ElementTree.Element, case: _Case) -> None:
    place = {"file": _clean(case.file), "line": str(case.line)} if case.file else {}
    element = ElementTree.SubElement(
        suite,
        "testcase",
        {"classname": _clean(case.classname), "name": _clean(case.name), **place, "time": _seconds(case.duration_s)},
    )
    _add_properties(element, case.properties)
    if case.trouble:
        said = ElementTree.SubElement(element, case.trouble, message=_clean(case.message), type=case.kind)
        said.text = _clean(case.text.strip())


def _add_properties(parent: ElementTree.Element, properties: tuple[tuple[str, str], ...]) -> None:
    if not properties:
        return
    holder = ElementTree.SubElement(parent, "properties")
    for name, value in properties:
        ElementTree.SubElement(holder, "property", name=name, value=_clean(value))


def _feature(result: ScenarioResult) -> str:
    return result.feature


def _clean(text: str) -> str:
    return _NOT_XML.sub("�", text)


def _seconds(duration_s: float) -> str:
    return f"{duration_s:.3f}"
