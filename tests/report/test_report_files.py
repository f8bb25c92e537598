"""The files of a run: what they say, and that nothing in a result can break them."""

import json
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdelab.model.basis import Basis
from mdelab.report import LoadReport, Run, ScenarioResult, StepResult, clear, read_run, write_all
from mdelab.report.html import page
from mdelab.report.junit import junit
from mdelab.report.summary import summarise
from mdelab.report.write import FILES, write_records

FAILED = ScenarioResult(
    id="features/interception/a.feature::agent[1]",
    feature="features/interception/a.feature",
    line=12,
    title="Interception",
    scenario="the agent refuses",
    outcome="failed",
    basis=Basis.DOCUMENTED,
    requirements=("R002-38", "R002-40"),
    seed=2026,
    duration_s=0.25,
    message="the agent connected <although> & it should not",
    steps=(
        StepResult(keyword="Given", text="an endpoint", outcome="passed"),
        StepResult(keyword="When", text="the agent connects", outcome="failed"),
        StepResult(keyword="Then", text="it refuses", outcome="not-run"),
    ),
    evidence=("corp-proxy  tls  established",),
)
SKIPPED = ScenarioResult(
    id="b",
    feature="features/b.feature",
    line=3,
    title="B",
    scenario="later",
    outcome="skipped",
    basis=Basis.SEED,
    message="needs docker",
)
RUN = Run(
    mdelab="0.1.0",
    lab="lab-1",
    seed=2026,
    results=(FAILED, SKIPPED),
    load=LoadReport(endpoints=50, sent=100, received=101, stored=100, duplicates=1),
)


def properties(element: ElementTree.Element) -> list[tuple[str, str]]:
    return [(p.attrib["name"], p.attrib["value"]) for p in element.findall("properties/property")]


def test_summary_json_has_the_documented_shape(tmp_path: Path) -> None:
    write_all(tmp_path, RUN)
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert list(summary) == [
        *("mdelab", "lab", "backend", "profile", "seed", "subject", "subjects", "basis", "exit_code", "reasons"),
        *("gate", "scenarios", "results", "load"),
    ]
    assert summary["scenarios"] == {"passed": 0, "failed": 1, "skipped": 1, "inconclusive": 0}
    assert list(summary["results"][0]) == [
        *("feature", "line", "scenario", "outcome", "basis", "requirements", "seed", "duration_s", "message", "decides")
    ]
    assert summary["load"] == {
        "endpoints": 50,
        "accounting": {"sent": 100, "waiting": 0, "received": 101, "stored": 100, "duplicates": 1, "lost": 0},
        "latency_ms": {},
        "lag_ms": 0.0,
    }
    assert summary["exit_code"] == 1
    assert summary["reasons"] == ["1 scenario failed"]
    assert summary["subject"].startswith("mdelab itself (self-test")


def test_what_was_written_is_read_back(tmp_path: Path) -> None:
    write_all(tmp_path, RUN)
    assert read_run(tmp_path) == RUN
    assert {path.name for path in tmp_path.iterdir()} == set(FILES)


def test_clearing_a_folder_takes_away_a_run_and_nothing_else(tmp_path: Path) -> None:
    write_all(tmp_path, RUN)
    write_records(tmp_path, "features/a.feature::../../etc one [2]", [])
    (tmp_path / "evidence" / "mine.txt").write_text("")
    (tmp_path / "load").mkdir()
    clear(tmp_path)
    left = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*")}
    assert left == {"evidence", "evidence/mine.txt", "load"}


def test_a_folder_without_a_run_holds_none(tmp_path: Path) -> None:
    assert read_run(tmp_path) is None


def test_a_file_that_is_not_ours_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "results.json").write_text("[]")
    with pytest.raises(ValueError, match=r"results\.json"):
        read_run(tmp_path)


def test_junit_tells_place_requirements_basis_seed_and_skip_reason(tmp_path: Path) -> None:
    write_all(tmp_path, RUN)
    root = ElementTree.parse(tmp_path / "junit.xml").getroot()
    cases = {case.attrib["name"]: case for case in root.iter("testcase")}
    failed = properties(cases["the agent refuses"])
    assert ("feature", "features/interception/a.feature:12") in failed
    assert [value for name, value in failed if name == "requirement"] == ["R002-38", "R002-40"]
    assert ("basis", "documented") in failed
    assert ("seed", "2026") in failed
    assert cases["the agent refuses"].find("failure") is not None
    assert ("skip-reason", "needs docker") in properties(cases["later"])
    suite = root.find("testsuite")
    assert suite is not None
    assert properties(suite)[0] == ("subject", "mdelab itself (self-test; nothing of yours was tested)")


def test_junit_counts_load_that_lost_events_as_a_failure() -> None:
    lost = Run(mdelab="0", load=LoadReport(endpoints=5, lost=1, reason="1 event is lost"))
    root = ElementTree.fromstring(junit(lost, summarise(lost)))
    failure = root.find("testsuite[@name='load']/testcase/failure")
    assert failure is not None
    assert failure.attrib["message"] == "1 event is lost"


@given(st.text(st.characters(codec=None)), st.text())
def test_no_text_of_a_peer_can_break_the_xml(message: str, name: str) -> None:
    run = Run(
        mdelab="0",
        results=(
            ScenarioResult(
                id="x",
                feature="x.feature",
                line=1,
                title=name,
                scenario=name,
                outcome="failed",
                basis=Basis.SEED,
                message=message,
                details=message,
            ),
        ),
    )
    ElementTree.fromstring(junit(run, summarise(run)))


class Scan(HTMLParser):
    """Keeps what a page asks a browser to fetch or run."""

    def __init__(self) -> None:
        super().__init__()
        self.foreign: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("script", "link", "img", "iframe") or any(
            name == "src" or (name == "href" and not str(value).startswith("evidence/")) for name, value in attrs
        ):
            self.foreign.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page_needs_nothing_else_and_begins_with_subject_and_basis() -> None:
    text = page(RUN, summarise(RUN))
    scan = Scan()
    scan.feed(text)
    assert scan.foreign == []
    assert "url(" not in text
    body = scan.text[scan.text.index("Subject:") :]
    assert body.index("Subject:") < body.index("Basis:") < body.index("Exit code 1")
    shown = ("the agent refuses", "R002-38", "it refuses (not run)", "corp-proxy  tls  established", "lab lab-1")
    for said in (*shown, "needs docker", "Seed: 2026", "Profile: seed"):
        assert said in " ".join(body.split()) or said in body


def test_markup_in_a_message_is_text_on_the_page() -> None:
    text = page(RUN, summarise(RUN))
    assert "<although>" not in text
    assert "&lt;although&gt; &amp; it" in text
