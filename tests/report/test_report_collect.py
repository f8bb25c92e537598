"""The collector in a real pytest process, alone and over xdist's workers."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from mdelab.model.basis import Basis
from mdelab.report import Run, ScenarioResult, exit_code, promises, read_run

FEATURE = """@basis-documented
Feature: Things
  Background:
    Given a start

  @R002-38
  Scenario: one holds
    When it goes
    Then it is 1

  Scenario Outline: many hold
    When it goes
    Then it is <n>

    Examples:
      | n |
      | 1 |
      | 2 |

  Rule: Some are special
    @basis-assumed
    Scenario: cannot be told
      When the lab cannot tell
      Then it is 1
"""
STEPS = """
import pytest
from pytest_bdd import given, parsers, scenarios, then, when

scenarios("things.feature")

class Inconclusive(Exception):
    pass

@given("a start")
def _(): pass

@when("it goes")
def _(): pass

@when("the lab cannot tell")
def _(request):
    request.node.user_properties.append(("mdelab_evidence", ["curl  tcp  refused"]))
    request.node.user_properties.append(("mdelab_records", [{"id": 1, "observers": ["curl"]}]))
    request.node.user_properties.append(("mdelab_seed", 77))
    raise Inconclusive("inconclusive: ls -Z is not simulated")

@then(parsers.parse("it is {n:d}"))
def _(n):
    assert n == 1, f"it was 1, not {n}"

def test_plain():
    pass

@pytest.fixture
def lab():
    raise OSError("the lab has gone")

def test_without_a_lab(lab):
    pass

def test_elsewhere():
    pytest.skip("needs docker")
"""


def collect(folder: Path, *options: str) -> tuple[Run, int]:
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-p", "no:locust", "-p", "no:mdelab", "-p", "no:cacheprovider"),
            *("-p", "mdelab.report.collect", "--mdelab-out", "out", *options),
        ],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    run = read_run(folder / "out")
    assert run is not None, done.stdout + done.stderr
    return run, done.returncode


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "things.feature").write_text(FEATURE)
    (tmp_path / "test_things.py").write_text(STEPS)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    return tmp_path


def by_name(run: Run) -> dict[str, ScenarioResult]:
    return {result.scenario: result for result in run.results}


@pytest.mark.parametrize("options", [(), ("-n", "2")], ids=["alone", "over two workers"])
def test_every_scenario_is_collected_with_place_tags_steps_and_reason(project: Path, options: tuple[str, ...]) -> None:
    run, _ = collect(project, *options)
    found = by_name(run)
    one = found["one holds"]
    assert (one.feature, one.line, one.title, one.outcome) == ("things.feature", 7, "Things", "passed")
    assert one.basis is Basis.DOCUMENTED
    assert one.requirements == ("R002-38",)
    assert [step.text for step in one.steps] == ["a start", "it goes", "it is 1"]
    assert found["many hold [1]"].outcome == "passed"
    two = found["many hold [2]"]
    assert two.outcome == "failed"
    assert two.message.startswith("it was 1, not 2")
    assert [step.outcome for step in two.steps] == ["passed", "passed", "failed"]
    unknown = found["cannot be told"]
    assert (unknown.outcome, unknown.basis, unknown.seed) == ("inconclusive", Basis.ASSUMED, 77)
    assert unknown.evidence == ("curl  tcp  refused",)
    assert [step.outcome for step in unknown.steps] == ["passed", "failed", "not-run"]
    assert json.loads((project / "out" / unknown.records).read_text()) == [{"id": 1, "observers": ["curl"]}]
    assert found["test_plain"].outcome == "passed"
    assert found["test_elsewhere"].outcome == "skipped"
    assert found["test_elsewhere"].message == "needs docker"
    gone = found["test_without_a_lab"]
    assert (gone.outcome, gone.message) == ("inconclusive", "the lab failed at setup: the lab has gone")
    assert exit_code(promises(run)) == 3


def test_results_are_in_the_order_of_the_files_whatever_order_they_ran_in(project: Path) -> None:
    orders = [[r.id for r in collect(project, *options)[0].results] for options in ((), ("-n", "2"))]
    assert orders[0] == orders[1]


def test_a_selection_that_selects_nothing_is_said(project: Path) -> None:
    run, code = collect(project, "-k", "nowhere")
    assert code == pytest.ExitCode.NO_TESTS_COLLECTED
    assert run.nothing_collected.startswith("no scenario was collected from")
    assert exit_code(promises(run)) == 2


def test_a_file_that_cannot_be_collected_is_named(project: Path) -> None:
    (project / "test_broken.py").write_text("import nowhere_to_be_found\n")
    run, _ = collect(project)
    assert "test_broken.py" in run.nothing_collected
    assert "nowhere_to_be_found" in run.nothing_collected
    assert exit_code(promises(run)) == 2


def test_a_message_with_half_a_character_does_not_stop_the_report(project: Path) -> None:
    (project / "test_things.py").write_text("def test_odd():\n    raise ValueError('half \\ud800')\n")
    run, _ = collect(project)
    assert by_name(run)["test_odd"].message == "half ?"


def test_a_worker_that_dies_is_no_green(project: Path) -> None:
    (project / "test_things.py").write_text(
        "import os\ndef test_dies():\n    os._exit(7)\ndef test_lives():\n    pass\n"
    )
    run, _ = collect(project, "-n", "2")
    assert exit_code(promises(run)) == 3
