"""From results to the one exit code."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdelab.model.basis import Basis
from mdelab.model.latency import LatencyFigures
from mdelab.report import Gate, LoadReport, Run, ScenarioResult, exit_code, promises
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


def loaded(gate: Gate, **load: object) -> Run:
    return run("passed", gate=gate, load=LoadReport(endpoints=5, onboarded=5, **load))  # type: ignore[arg-type]


def test_a_threshold_that_failed_ends_with_4_and_says_what_was_measured() -> None:
    failed = loaded(Gate(fail_if=("duplicates > 2",)), duplicates=3)
    assert code(failed) == 4
    assert [reason for _, reason in promises(failed)] == ["threshold 'duplicates > 2' failed: duplicates was 3"]


def test_a_threshold_that_decides_nothing_ends_with_3() -> None:
    assert code(loaded(Gate(fail_if=("p95(cyber) > 200ms",)))) == 3


def test_a_broken_promise_beats_a_failed_threshold_and_both_are_listed() -> None:
    gate = Gate(fail_if=("lost > 0",))
    lost = loaded(gate, lost=1, reason="1 of 10 events is lost")
    assert code(lost) == 1
    assert len(promises(lost)) == 2


def test_what_is_inconclusive_beats_a_broken_promise_and_a_failed_threshold() -> None:
    figures = LatencyFigures(count=9, p50=1, p90=1, p95=1, p99=1, max=1)
    gate = Gate(fail_if=("lost > 0", "p95(cyber) > 200ms"))
    late = loaded(gate, lost=1, reason="1 of 10 events is lost", lag_ms=900.0, channels={"cyber": figures})
    assert [one for one, _ in promises(late)] == [1, 4, 3]
    assert code(late) == 3


def test_without_skips_a_skip_is_a_broken_promise() -> None:
    strict = Gate(no_skips=True)
    assert code(run("passed", "skipped", gate=strict)) == 1
    assert code(run("passed", gate=strict)) == 0


def test_without_skips_a_scenario_about_an_artefact_that_was_not_given_may_be_skipped() -> None:
    other = msgspec.structs.replace(result("skipped"), is_applicable=False)
    assert code(Run(mdelab="0", results=(result("passed"), other), gate=Gate(no_skips=True))) == 0


def test_a_scenario_on_a_weaker_basis_than_required_decides_nothing() -> None:
    results = (result("passed", Basis.DOCUMENTED), result("failed", Basis.ASSUMED))
    assert code(Run(mdelab="0", results=results)) == 1
    weak = Run(mdelab="0", results=results, gate=Gate(require_basis=Basis.OBSERVED))
    assert code(weak) == 0
    assert weak.basis is Basis.DOCUMENTED


def test_a_run_in_which_nothing_rests_on_the_required_basis_is_inconclusive() -> None:
    assert code(run("passed", gate=Gate(require_basis=Basis.SEED))) == 0
    weak = Run(mdelab="0", results=(result("passed", Basis.ASSUMED),), gate=Gate(require_basis=Basis.SEED))
    assert code(weak) == 3


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
