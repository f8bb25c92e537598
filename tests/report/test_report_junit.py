"""JUnit as CI servers read it: the shape that Jenkins validates, and the verdict of the exit code in it.

The shape is that of Jenkins' xunit plugin (junit-10.xsd), and `properties` of a case as pytest writes them.
"""

from xml.etree import ElementTree

import pytest

from mdelab.model.basis import Basis
from mdelab.report import Gate, LoadReport, Run, ScenarioResult, summarise
from mdelab.report.junit import junit
from mdelab.report.run import Outcome

_COUNTS = {"name", "tests", "failures", "errors", "time"}
_SHAPE: dict[str, tuple[set[str], set[str]]] = {
    "testsuites": (_COUNTS, {"testsuite"}),
    "testsuite": ({*_COUNTS, "skipped"}, {"properties", "testcase"}),
    "properties": (set(), {"property"}),
    "property": ({"name", "value"}, set()),
    "testcase": ({"name", "classname", "time", "file", "line"}, {"properties", "failure", "error", "skipped"}),
    "failure": ({"message", "type"}, set()),
    "error": ({"message", "type"}, set()),
    "skipped": ({"message", "type"}, set()),
}
"""Element -> the attributes and the children that it may have."""


def result(outcome: Outcome, basis: Basis = Basis.DOCUMENTED) -> ScenarioResult:
    return ScenarioResult(
        id=outcome + basis, feature="a.feature", line=3, title="A", scenario=outcome, outcome=outcome, basis=basis
    )


def written(run: Run) -> ElementTree.Element:
    root = ElementTree.fromstring(junit(run, summarise(run)))
    for element in root.iter():
        attributes, children = _SHAPE[element.tag]
        assert set(element.attrib) <= attributes, element.tag
        assert {child.tag for child in element} <= children, element.tag
    for suite in root.iter("testsuite"):
        cases = list(suite.iter("testcase"))
        assert int(suite.attrib["tests"]) == len(cases)
        assert int(suite.attrib["failures"]) == sum(case.find("failure") is not None for case in cases)
        assert int(suite.attrib["errors"]) == sum(case.find("error") is not None for case in cases)
        assert int(suite.attrib["skipped"]) == sum(case.find("skipped") is not None for case in cases)
    return root


def is_red(root: ElementTree.Element) -> bool:
    return int(root.attrib["failures"]) + int(root.attrib["errors"]) > 0


_ALL = tuple(result(outcome) for outcome in ("passed", "failed", "skipped", "inconclusive"))


@pytest.mark.parametrize(
    "run",
    [
        Run(mdelab="0", results=_ALL),
        Run(mdelab="0", results=_ALL[:1]),
        Run(mdelab="0", results=_ALL[2:3]),
        Run(mdelab="0", nothing_collected="no scenario"),
        Run(mdelab="0", results=_ALL[:1], lab_failed="it ended"),
        Run(mdelab="0", results=(_ALL[0], _ALL[2]), gate=Gate(no_skips=True)),
        Run(mdelab="0", results=(_ALL[0], result("failed", Basis.ASSUMED)), gate=Gate(require_basis=Basis.DOCUMENTED)),
        Run(
            mdelab="0",
            results=_ALL[:1],
            gate=Gate(fail_if=("lost > 0", "p95(cyber) > 1s")),
            load=LoadReport(endpoints=3, onboarded=3, lost=2),
        ),
    ],
    ids=["mixed", "green", "all skipped", "empty", "lab failed", "no skips", "informational", "thresholds"],
)
def test_the_file_has_the_shape_and_says_red_exactly_when_the_exit_code_does(run: Run) -> None:
    assert is_red(written(run)) == (summarise(run).exit_code != 0)


def test_an_informational_failure_is_shown_as_a_skip_with_its_reason() -> None:
    run = Run(mdelab="0", results=(result("failed", Basis.ASSUMED),), gate=Gate(require_basis=Basis.SEED))
    skipped = written(run).find("testsuite/testcase/skipped")
    assert skipped is not None
    assert skipped.attrib["message"].startswith("informational, because its basis is assumed: failed")
