"""What CI servers are told, and that the text of a failure cannot forge a command of theirs."""

import json
from pathlib import Path

import pytest

from mdelab.model.basis import Basis
from mdelab.report import Gate, LoadReport, Run, ScenarioResult, SubjectReport, summarise
from mdelab.report.ci import annotations, announce
from mdelab.report.markdown import markdown
from mdelab.report.write import clear

BROKEN = ScenarioResult(
    id="a::b",
    feature="features/a,b.feature",
    line=7,
    title="A",
    scenario="it holds: always",
    outcome="failed",
    basis=Basis.DOCUMENTED,
    seed=3,
    message="100% wrong\n::error file=evil::<script>|",
)
WEAK = ScenarioResult(
    id="c", feature="c.feature", line=1, title="C", scenario="weak", outcome="failed", basis=Basis.ASSUMED
)
SKIPPED = ScenarioResult(
    id="d",
    feature="d.feature",
    line=1,
    title="D",
    scenario="later",
    outcome="skipped",
    basis=Basis.DOCUMENTED,
    message="needs docker",
)
RUN = Run(
    mdelab="0",
    results=(BROKEN, WEAK, SKIPPED),
    subjects=(SubjectReport(kind="pac", file="corp.pac", sha256="ab" * 32),),
    gate=Gate(fail_if=("lost > 0",), require_basis=Basis.DOCUMENTED),
    load=LoadReport(endpoints=5, onboarded=5, sent=10, received=10, stored=9, lost=1),
)


def test_each_scenario_that_failed_the_run_has_one_annotation_on_one_line() -> None:
    (said,) = annotations(RUN)
    assert said == (
        "::error file=features/a%2Cb.feature,line=7,title=failed%3A it holds%3A always::"
        "100%25 wrong%0A::error file=evil::<script>|"
    )


def test_nothing_is_announced_where_no_server_runs_the_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    announce(RUN, summarise(RUN), tmp_path, {})
    captured = capsys.readouterr()
    assert captured.out + captured.err == ""
    assert list(tmp_path.iterdir()) == []


def test_github_gets_annotations_and_a_step_summary_that_is_added_to(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    step = tmp_path / "step.md"
    step.write_text("before\n")
    announce(RUN, summarise(RUN), tmp_path, {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(step)})
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("::error file=")
    assert step.read_text().startswith("before\n## mdelab: exit code 1\n")


def test_paths_of_annotations_begin_at_the_checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sub").mkdir()
    monkeypatch.chdir(tmp_path / "sub")
    assert annotations(RUN, str(tmp_path))[0].startswith("::error file=sub/features/a%2Cb.feature,")


def test_gitlab_gets_a_code_quality_report_that_is_cleared_with_the_run(tmp_path: Path) -> None:
    announce(RUN, summarise(RUN), tmp_path, {"GITLAB_CI": "true"})
    (issue,) = json.loads((tmp_path / "gl-code-quality.json").read_text())
    assert issue["location"] == {"path": "features/a,b.feature", "lines": {"begin": 7}}
    assert set(issue) == {"description", "check_name", "fingerprint", "severity", "location"}
    clear(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_job_summary_tells_subject_basis_profile_thresholds_and_skips() -> None:
    text = markdown(RUN, summarise(RUN))
    for said in (
        "pac=corp.pac (sha256 abab",
        "| documented | seed | embedded |",
        "| lost &gt; 0 | failed | lost was 1 |",
        "- later: needs docker",
        "### failed (informational): weak",
        "`features/a,b.feature:7`",
    ):
        assert said in text, text


def test_the_job_summary_is_cut_at_what_a_job_s_page_takes() -> None:
    many = Run(mdelab="0", results=tuple(SKIPPED for _ in range(60_000)))
    assert len(markdown(many, summarise(many)).encode()) < 2**20
