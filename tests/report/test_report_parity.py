"""Two runs held against each other: what is unlike is said, and only what the catalogue lists may be."""

import msgspec
import pytest

from mdelab.model.basis import Basis
from mdelab.model.errors import LabError
from mdelab.report import Run, ScenarioResult
from mdelab.report.parity import compare, read_summary
from mdelab.report.summary import Summary, summarise

HELD = "an endpoint is onboarded"
SUSPENDED = "a suspended Linux endpoint is named, and its queue is delivered once it goes on"


def _result(scenario: str, outcome: str, feature: str, message: str) -> ScenarioResult:
    return ScenarioResult(
        id=scenario,
        feature=feature,
        line=7,
        title="A feature",
        scenario=scenario,
        outcome=outcome,  # type: ignore[arg-type]
        basis=Basis.SEED,
        message=message,
    )


def _run(
    backend: str, *results: tuple[str, str], feature: str = "features/faults/devices.feature", **other: object
) -> Summary:
    rows = tuple(_result(scenario, outcome, feature, f"{backend} says so") for scenario, outcome in results)
    return summarise(Run(mdelab="1", backend=backend, results=rows, **other))  # type: ignore[arg-type]


def test_what_came_to_the_same_is_counted_and_nothing_is_unlike():
    parity = compare(_run("embedded", (HELD, "passed")), _run("docker", (HELD, "passed")))

    assert not parity.unlike
    assert parity.features == {"features/faults/devices.feature": {"embedded": {"passed": 1}, "docker": {"passed": 1}}}


def test_a_difference_that_is_not_listed_is_unexplained_and_carries_what_was_said():
    parity = compare(_run("embedded", (HELD, "passed")), _run("docker", (HELD, "failed")))

    (one,) = parity.unexplained
    assert one.outcomes == {"embedded": "passed", "docker": "failed"}
    assert one.message == "docker says so"


def test_a_difference_that_is_listed_has_its_reason():
    parity = compare(_run("embedded", (SUSPENDED, "skipped")), _run("docker", (SUSPENDED, "passed")))

    assert not parity.unexplained
    assert "cannot be frozen" in parity.unlike[0].reason


@pytest.mark.parametrize(
    ("embedded", "docker"),
    [("skipped", "failed"), ("passed", "skipped"), ("failed", "passed")],
)
def test_a_row_explains_only_that_one_backend_skips_what_holds_on_the_other(embedded, docker):
    assert compare(_run("embedded", (SUSPENDED, embedded)), _run("docker", (SUSPENDED, docker))).unexplained


def test_a_scenario_that_only_one_run_has_is_unlike():
    parity = compare(_run("embedded", (HELD, "passed"), ("another", "passed")), _run("docker", (HELD, "passed")))

    assert [(one.scenario, one.outcomes) for one in parity.unexplained] == [
        ("another", {"embedded": "passed", "docker": None})
    ]


def test_rows_of_an_outline_with_one_title_are_compared_one_by_one():
    parity = compare(
        _run("embedded", (HELD, "passed"), (HELD, "passed")), _run("docker", (HELD, "passed"), (HELD, "failed"))
    )

    assert [one.outcomes for one in parity.unexplained] == [{"embedded": "passed", "docker": "failed"}]
    assert parity.features["features/faults/devices.feature"]["embedded"] == {"passed": 2}


def test_two_runs_of_one_backend_or_of_two_versions_or_an_empty_one_cannot_be_compared():
    with pytest.raises(LabError, match="both runs are of the backend 'docker'"):
        compare(_run("docker", (HELD, "passed")), _run("docker", (HELD, "passed")))
    with pytest.raises(LabError, match="of mdelab 1 and 2"):
        compare(
            _run("embedded", (HELD, "passed")), msgspec.structs.replace(_run("docker", (HELD, "passed")), mdelab="2")
        )
    with pytest.raises(LabError, match="holds no scenarios"):
        compare(_run("embedded"), _run("docker", (HELD, "passed")))


def test_a_summary_is_read_from_its_folder_and_what_is_none_is_said(tmp_path):
    summary = _run("docker", (HELD, "passed"))
    (tmp_path / "summary.json").write_bytes(msgspec.json.encode(summary))

    assert read_summary(tmp_path) == read_summary(tmp_path / "summary.json") == summary
    with pytest.raises(LabError, match="cannot be read"):
        read_summary(tmp_path / "nowhere")
    (tmp_path / "summary.json").write_text("[]")
    with pytest.raises(LabError, match="is no summary of a run"):
        read_summary(tmp_path)
