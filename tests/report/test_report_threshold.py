"""Thresholds: what an expression means, how a wrong one is told, and when a measurement decides nothing."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdelab.model.errors import LabError
from mdelab.model.latency import LatencyFigures
from mdelab.report import LoadReport
from mdelab.report.threshold import judge, parse_threshold

CYBER = LatencyFigures(count=100, p50=5.0, p90=50.0, p95=150.0, p99=180.0, max=190.0)


def load(**fields: object) -> LoadReport:
    return LoadReport(endpoints=10, onboarded=9, channels={"cyber": CYBER}, **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "verdict", "value"),
    [
        ("lost > 0", "held", 0),
        ("lost >= 0", "failed", 0),
        ("duplicates == 3", "failed", 3),
        ("duplicate > 3", "held", 3),
        ("not_onboarded > 0", "failed", 1),
        ("failures != 2", "held", 2),
        ("p95(cyber) > 200ms", "held", 150),
        ("p95(cyber)>0.1s", "failed", 150),
        ("  max ( cyber ) <  1 s ", "failed", 190),
    ],
)
def test_an_expression_says_when_the_gate_fails(text: str, verdict: str, value: float) -> None:
    judged = judge(text, load(duplicates=3, failures=2))
    assert (judged.verdict, judged.value) == (verdict, value)


@pytest.mark.parametrize(
    ("text", "column", "said"),
    [
        ("lst > 0", 1, "Did you mean 'lost'?"),
        ("lost = 0", 6, "not '='"),
        ("lost > many", 8, "a number is expected"),
        ("lost >", 7, "not its end"),
        ("lost > 0 and waiting > 0", 10, "Give --fail-if once for each comparison"),
        ("p95(cybr) > 1ms", 5, "Did you mean 'cyber'?"),
        ("p95 > 1ms", 5, "the channel in brackets"),
        ("p95(cyber) > 200", 17, "the unit of a latency"),
        ("lost > 0 ms", 10, "'ms' is too much"),
        ("", 1, "its end"),
    ],
)
def test_a_wrong_expression_is_told_with_its_column(text: str, column: int, said: str) -> None:
    with pytest.raises(LabError) as refused:
        parse_threshold(text)
    assert f"--fail-if {text!r}, column {column}: " in str(refused.value)
    assert said in str(refused.value)


@given(st.text(max_size=30))
def test_no_text_raises_anything_but_the_message(text: str) -> None:
    with contextlib.suppress(LabError):
        parse_threshold(text)


@pytest.mark.parametrize("lag_ms", [201.0, 900.0])
def test_a_generator_that_could_not_keep_its_schedule_decides_nothing(lag_ms: float) -> None:
    judged = judge("p95(cyber) > 200ms", load(lag_ms=lag_ms))
    assert judged.verdict == "inconclusive"
    assert f"{lag_ms:.0f} ms behind its own schedule" in judged.reason


def test_a_late_generator_does_not_touch_the_counts() -> None:
    assert judge("lost > 0", load(lag_ms=900.0)).verdict == "held"


@pytest.mark.parametrize("text", ["lost > 0", "p95(cyber) > 200ms"])
def test_a_load_that_is_no_result_decides_nothing(text: str) -> None:
    assert judge(text, None).verdict == "inconclusive"
    assert judge(text, load(reason="Locust ended", is_valid=False)).verdict == "inconclusive"


def test_a_channel_on_which_nothing_succeeded_decides_nothing() -> None:
    assert judge("p50(enrol) > 1s", load()).verdict == "inconclusive"
