"""From results to the one exit code."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdelab.model.basis import Basis
from mdelab.report import LoadReport, Run, ScenarioResult, exit_code, promises
from mdelab.report.run import Outcome


def result(outcome: Outcome, basis: Basis = Basis.SEED) -> ScenarioResult:
    return ScenarioResult(
        id=outcome, feature="a.feature", line=3, title="A", scenario="one", outcome=outcome, basis=basis
    )


def run(*outcomes: Outcome, **fields: object) -> Run:
    return Run(mdelab="0", results=tuple(result(outcome) for outcome in outcomes), **fields)  # type: ignore[arg-type]


def code(run: Run) -> int:
    return exit_code(promises(run))


def test_a_run_in_which_all_passed_held() -> None:
    assert code(run("passed", "passed")) == 0


def test_a_skip_beside_a_pass_does_not_fail_the_run() -> None:
    assert code(run("passed", "skipped")) == 0


def test_a_run_in_which_everything_was_skipped_is_inconclusive() -> None:
    assert code(run("skipped", "skipped")) == 3


def test_a_failed_scenario_is_a_broken_promise() -> None:
    assert code(run("passed", "failed")) == 1


def test_inconclusive_beats_failed_and_both_reasons_are_kept() -> None:
    mixed = run("failed", "inconclusive", "inconclusive")
    assert code(mixed) == 3
    assert [reason for _, reason in promises(mixed)] == ["2 scenarios are inconclusive", "1 scenario failed"]


def test_an_empty_run_is_wrong_usage() -> None:
    assert code(run(nothing_collected="no scenario was collected")) == 2


def test_a_lab_that_failed_beats_a_broken_promise() -> None:
    assert code(run("failed", lab_failed="it ended")) == 3


@pytest.mark.parametrize(("is_valid", "expected"), [(True, 1), (False, 3)])
def test_load_that_did_not_hold_is_a_broken_promise_only_when_its_numbers_can_be_believed(
    is_valid: bool, expected: int
) -> None:
    load = LoadReport(endpoints=5, reason="1 of 10 events is lost", is_valid=is_valid)
    assert code(run("passed", load=load)) == expected


def test_the_basis_of_a_run_is_the_weakest_that_ran() -> None:
    results = (result("passed", Basis.DOCUMENTED), result("failed", Basis.OBSERVED), result("skipped", Basis.ASSUMED))
    assert Run(mdelab="0", results=results).basis is Basis.OBSERVED


def test_a_run_without_results_has_the_weakest_basis() -> None:
    assert Run(mdelab="0").basis is Basis.LAB_DEFINED


@given(st.lists(st.sampled_from(["passed", "failed", "skipped", "inconclusive"])))
def test_a_run_is_green_only_when_something_passed_and_nothing_else_but_skips_happened(outcomes: list[Outcome]) -> None:
    if not outcomes:
        return  # an empty run is told by `nothing_collected`, which the collector sets
    is_green = code(run(*outcomes)) == 0
    assert is_green == ("passed" in outcomes and set(outcomes) <= {"passed", "skipped"})
