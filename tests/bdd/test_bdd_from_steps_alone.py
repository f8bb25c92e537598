"""A feature about a situation that no shipped scenario has, written from `mdelab steps` alone in an empty folder.

It runs with the installed plugin and nothing else: no conftest, no settings. Its first scenario holds; the second promises
something false, and fails with what was seen instead; the third says what no step says.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from pytest_bdd.feature import get_feature

FEATURES = Path(__file__).parents[2] / "features"

FEATURE = """Feature: Our Macs behind a proxy that was retired
  Scenario: a Mac whose proxy refuses for three days is shown as impaired and loses nothing
    Given an onboarded macOS endpoint mac-7 behind a tunnel proxy
    When the tunnel proxy refuses every connection with 403
    And mac-7 runs "sw_vers"
    Then events of mac-7 wait on it within 5 minutes
    When 3 days pass
    Then the API lists mac-7 as NoSensorDataImpairedCommunication within 1 hour
    When the tunnel proxy lets connections through again
    Then every event of mac-7 is stored within 1 hour

  Scenario: a proxy that refuses does not disturb
    Given an onboarded macOS endpoint mac-7 behind a tunnel proxy
    When the tunnel proxy refuses every connection with 403
    And 3 days pass
    Then the API lists mac-7 as Active within 1 hour

  Scenario: a Mac is restarted
    Given a macOS endpoint mac-7
    When mac-7 is restarted
    Then the API lists mac-7 as Active within 1 hour
"""


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> subprocess.CompletedProcess[str]:
    folder = tmp_path_factory.mktemp("mine")
    (folder / "retired.feature").write_text(FEATURE, encoding="utf-8")
    env = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST_", "MDELAB", "COV_"))}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist"]
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False, timeout=300)


def test_no_shipped_scenario_has_this_situation():
    shipped = {
        title for path in FEATURES.rglob("*.feature") for title in get_feature(str(path.parent), path.name).scenarios
    }
    assert not [title for title in shipped if "impaired" in title]


def test_what_is_true_holds_and_what_is_false_fails(ran):
    assert ran.returncode == 1, ran.stdout + ran.stderr
    assert "2 failed, 1 passed" in ran.stdout


def test_the_false_promise_fails_for_the_right_reason(ran):
    assert "the API lists mac-7 as Active: this did not hold within 1 hour" in ran.stdout
    assert "the API lists mac-7 1 times (NoSensorDataImpairedCommunication)" in ran.stdout


def test_what_no_step_says_is_answered_with_the_nearest(ran):
    assert "no step has the text 'When mac-7 is restarted'. Did you mean:" in ran.stdout
    assert "<endpoint>: a name of lower case letters, digits and dashes, such as lin-1" in ran.stdout
