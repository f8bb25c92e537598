"""JUnit XML in pytest's xunit2 shape, with what a CI server should show about a scenario as properties.

One suite for each feature file, one case for each scenario. Our own writer, because the properties (requirements, basis, seed)
belong to results that were gathered from several processes.
"""

import re
from itertools import groupby
from xml.etree import ElementTree

from mdelab.report.run import Run, ScenarioResult, Summary

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 cannot carry; texts from peers may hold them."""


def junit(run: Run, summary: Summary) -> bytes:
    """The whole file, UTF-8."""
    counts = run.counts()
    root = ElementTree.Element(
        "testsuites",
        name=f"mdelab {run.mdelab}",
        tests=str(len(run.results)),
        failures=str(counts["failed"]),
        errors=str(counts["inconclusive"]),
        skipped=str(counts["skipped"]),
        time=_seconds(sum(result.duration_s for result in run.results)),
    )
    for feature, group in groupby(sorted(run.results, key=lambda result: result.feature), key=lambda r: r.feature):
        _suite(root, run, summary, feature, list(group))
    if run.load is not None:
        _load_suite(root, run)
    ElementTree.indent(root)
    text: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return text + b"\n"


def _suite(root: ElementTree.Element, run: Run, summary: Summary, feature: str, results: list[ScenarioResult]) -> None:
    suite = ElementTree.SubElement(
        root,
        "testsuite",
        name=feature,
        tests=str(len(results)),
        failures=str(sum(result.outcome == "failed" for result in results)),
        errors=str(sum(result.outcome == "inconclusive" for result in results)),
        skipped=str(sum(result.outcome == "skipped" for result in results)),
        time=_seconds(sum(result.duration_s for result in results)),
    )
    _properties(
        suite,
        [
            ("subject", run.subject),
            ("basis", summary.basis.value),
            ("backend", run.backend),
            ("profile", run.profile),
            ("seed", str(run.seed)),
            ("lab", run.lab),
        ],
    )
    for result in results:
        _case(suite, result)


def _case(suite: ElementTree.Element, result: ScenarioResult) -> None:
    case = ElementTree.SubElement(
        suite,
        "testcase",
        classname=_clean(result.title or result.feature),
        name=_clean(result.scenario),
        file=result.feature,
        line=str(result.line),
        time=_seconds(result.duration_s),
    )
    properties = [("feature", f"{result.feature}:{result.line}"), ("basis", result.basis.value)]
    properties += [("requirement", requirement) for requirement in result.requirements]
    properties.append(("seed", str(result.seed)))
    if result.outcome == "skipped":
        properties.append(("skip-reason", result.message))
    _properties(case, properties)
    element = {"failed": "failure", "inconclusive": "error", "skipped": "skipped"}.get(result.outcome)
    if element:
        _trouble(case, element, result.outcome, result.message, "\n".join([result.details, *result.evidence]))


def _load_suite(root: ElementTree.Element, run: Run) -> None:
    load = run.load
    assert load is not None
    element = "" if not load.reason else ("failure" if load.is_valid else "error")
    suite = ElementTree.SubElement(
        root,
        "testsuite",
        name="load",
        tests="1",
        failures=str(int(element == "failure")),
        errors=str(int(element == "error")),
        skipped="0",
        time="0.000",
    )
    case = ElementTree.SubElement(
        suite, "testcase", classname="load", name=f"{load.endpoints} endpoints: sent = received = stored", time="0.000"
    )
    names = ("sent", "waiting", "received", "stored", "duplicates", "lost")
    _properties(case, [(name, str(getattr(load, name))) for name in names])
    if element:
        _trouble(case, element, "load", load.reason, load.reason)


def _trouble(case: ElementTree.Element, element: str, kind: str, message: str, text: str) -> None:
    ElementTree.SubElement(case, element, message=_clean(message), type=kind).text = _clean(text.strip())


def _properties(parent: ElementTree.Element, properties: list[tuple[str, str]]) -> None:
    holder = ElementTree.SubElement(parent, "properties")
    for name, value in properties:
        ElementTree.SubElement(holder, "property", name=name, value=_clean(value))


def _clean(text: str) -> str:
    return _NOT_XML.sub("�", text)


def _seconds(duration_s: float) -> str:
    return f"{duration_s:.3f}"
