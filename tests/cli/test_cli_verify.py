"""`mdelab verify` as a release gate uses it: one exit code, and files that say why."""

import json
import os
import subprocess
import sys
from pathlib import Path

HOLDS = """@basis-documented @R002-38
Feature: Health
  Scenario: a fresh endpoint has no licence
    Given a Linux endpoint lin-1
    Then mdatp health on lin-1 shows:
      | licensed | false |
"""
BREAKS = HOLDS.replace("| false |", "| true |")
ASKS = """Feature: Clients
  Scenario: curl is answered otherwise
    Given a Linux endpoint lin-1
    When lin-1 runs "curl -sS https://x.cp.wd.microsoft.com/api/report"
    Then the command on lin-1 prints "KO"
"""
UNKNOWN = """Feature: Health
  Scenario: nobody simulates this
    Given a Linux endpoint lin-1
    When lin-1 runs "no-such-program"
    Then the command on lin-1 exits with 0
"""


def verify(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    env = {name: value for name, value in os.environ.items() if not name.startswith("MDELAB_")}
    return subprocess.run(
        [sys.executable, "-m", "mdelab.cli", "verify", "--workers", "0", *options],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
        env={**env, "XDG_RUNTIME_DIR": str(folder / "runtime")},
        timeout=180,
    )


def summary(folder: Path) -> dict[str, object]:
    loaded: dict[str, object] = json.loads((folder / "out" / "summary.json").read_text())
    return loaded


def feature(folder: Path, text: str) -> None:
    (folder / "health.feature").write_text(text)


def test_a_promise_that_holds_ends_with_0_and_leaves_a_report(tmp_path: Path) -> None:
    feature(tmp_path, HOLDS)
    done = verify(tmp_path, ".", "--seed", "7")
    assert done.returncode == 0, done.stdout + done.stderr
    first, second = done.stdout.splitlines()[:2]
    assert first == "subject: mdelab itself (self-test; nothing of yours was tested)"
    assert second.startswith("basis: documented  seed: 7")
    said = summary(tmp_path)
    assert said["scenarios"] == {"passed": 1, "failed": 0, "skipped": 0, "inconclusive": 0}
    assert (said["seed"], said["exit_code"], said["load"]) == (7, 0, None)
    assert said["lab"]
    assert "a fresh endpoint has no licence" in (tmp_path / "out" / "report.html").read_text()
    assert "R002-38" in (tmp_path / "out" / "junit.xml").read_text()


def test_a_broken_promise_ends_with_1_and_says_which_step(tmp_path: Path) -> None:
    feature(tmp_path, BREAKS)
    done = verify(tmp_path, ".", "--quiet")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "failed: a fresh endpoint has no licence" in done.stdout
    assert "health.feature:3" in done.stdout
    assert summary(tmp_path)["reasons"] == ["1 scenario failed"]


def test_what_failed_keeps_the_records_of_its_connections(tmp_path: Path) -> None:
    feature(tmp_path, ASKS)
    done = verify(tmp_path, ".", "--quiet")
    assert done.returncode == 1, done.stdout + done.stderr
    (kept,) = (tmp_path / "out" / "evidence").iterdir()
    assert f"records: evidence/{kept.name}" in done.stdout
    records = [record for connection in json.loads(kept.read_text()) for record in connection["records"]]
    assert {"curl", "cloud"} <= {record["observer"] for record in records}


def test_what_is_not_simulated_ends_with_3(tmp_path: Path) -> None:
    feature(tmp_path, UNKNOWN)
    done = verify(tmp_path, ".", "--json")
    assert done.returncode == 3, done.stdout + done.stderr
    assert json.loads(done.stdout)["scenarios"]["inconclusive"] == 1


def test_a_selection_that_selects_nothing_ends_with_2(tmp_path: Path) -> None:
    feature(tmp_path, HOLDS)
    done = verify(tmp_path, ".", "--quiet", "-k", "nowhere")
    assert done.returncode == 2, done.stdout + done.stderr


def test_a_feature_without_scenarios_is_not_green(tmp_path: Path) -> None:
    feature(tmp_path, "Feature: Nothing\n")
    done = verify(tmp_path, ".", "--quiet")
    assert done.returncode == 2, done.stdout + done.stderr


def test_an_empty_folder_ends_with_2_and_old_results_are_gone(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "results.json").write_text('{"mdelab": "0"}')
    (tmp_path / "empty").mkdir()
    done = verify(tmp_path, "empty", "--quiet")
    assert done.returncode == 2, done.stdout + done.stderr
    assert summary(tmp_path)["results"] == []


def test_a_small_load_is_counted_on_both_sides(tmp_path: Path) -> None:
    feature(tmp_path, HOLDS)
    done = verify(tmp_path, ".", "--quiet", "--endpoints", "3", "--seconds", "1")
    assert done.returncode == 0, done.stdout + done.stderr
    load = summary(tmp_path)["load"]
    assert isinstance(load, dict)
    counts = load["accounting"]
    assert load["endpoints"] == 3
    assert counts["sent"] == counts["received"] - counts["duplicates"] == counts["stored"] > 0
    assert counts["lost"] == 0
