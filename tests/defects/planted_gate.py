"""The planted defects of the release gate and of the subjects under test. What a defect is, `planted` says."""

from planted import Defect

RARE = "tests/load/test_load_rare_loss.py"
WRONG_PAC = "test_a_wrong_pac_file_is_red_and_the_same_file_mended_is_green"
WRONG_LIST = "test_list_and_preferences_that_are_wrong_are_red_with_host_and_line"
SUBJECT = "tests/cli/test_cli_subject.py"
"""Its tests are runs of the whole command, so a defect names the one that watches it."""

OWN = "features/harness/own.feature"
DECIDES = "a broken promise and a slip of the pen decide beside an example that holds"
OUTCOME = "tests/report/test_report_outcome.py"
THRESHOLD = "tests/report/test_report_threshold.py"
HAR = "tests/report/test_report_har.py"

DEFECTS = (
    Defect(
        name="cloud-loses-one-in-ten-thousand",
        wrong="The cloud acknowledges ten thousand events and stores one less.",
        path="cloud/telemetry.py",
        good="_encode([row.ids for row in rows]).decode()),\n    ).rowcount\n",
        bad="_encode([[one for one in row.ids if next(_SEEN) % 10_000] for row in rows]).decode()),\n    ).rowcount\n"
        "\n\n_SEEN = __import__('itertools').count(1)\n",
        run=(RARE,),
        red=("test_a_load_of_enough_events_shows_a_loss_of_one_in_ten_thousand",),
    ),
    Defect(
        name="late-generator-believed",
        wrong="A latency is believed although the load generator could not keep its own schedule.",
        path="report/threshold.py",
        good="    if load.lag_ms > min(LATE_MS, wanted.limit):\n",
        bad="    if False:\n",
        run=(THRESHOLD, OUTCOME),
        red=(
            "test_a_generator_that_could_not_keep_its_schedule_decides_nothing",
            "test_what_is_inconclusive_beats_a_broken_promise_and_a_failed_threshold",
        ),
    ),
    Defect(
        name="thresholds-are-decoration",
        wrong="A threshold that failed is listed, and the run is green.",
        path="report/outcome.py",
        good='    codes = {"failed": THRESHOLD, "inconclusive": INCONCLUSIVE}\n',
        bad="    codes: dict[str, int] = {}\n",
        run=(OUTCOME,),
        red=("test_a_threshold_that_failed_ends_with_4_and_says_what_was_measured",),
    ),
    Defect(
        name="gate-forgets-failures",
        wrong="A scenario failed, and the gate's exit code does not say so.",
        path="report/outcome.py",
        good="HELD, BROKEN, USAGE, INCONCLUSIVE, THRESHOLD = 0, 1, 2, 3, 4\n",
        bad="HELD, BROKEN, USAGE, INCONCLUSIVE, THRESHOLD = 0, 0, 2, 3, 4\n",
        run=(OUTCOME, OWN),
        red=("test_a_failed_scenario_is_a_broken_promise", DECIDES),
    ),
    Defect(
        name="example-without-a-feature",
        wrong="`mdelab new` writes a project in which there is nothing to run.",
        path="cli/new.py",
        good='for name in ("first.feature", "lab.toml")}',
        bad='for name in ("lab.toml",)}',
        run=(OWN,),
        red=(DECIDES,),
    ),
    Defect(
        name="slip-of-the-pen-unexplained",
        wrong="A step that nobody knows fails without saying what could have been meant.",
        path="bdd/registry.py",
        good="    near = nearest(text, keyword)\n",
        bad="    near: list[str] = []\n",
        run=(OWN,),
        red=(DECIDES,),
    ),
    Defect(
        name="forgotten-url-unseen",
        wrong="A PAC file that sends one documented URL astray is green.",
        path="bdd/steps/subject.py",
        good="    _none(\n        wrong,\n",
        bad="    _none(\n        [],\n",
        run=(SUBJECT,),
        red=(WRONG_PAC,),
    ),
    Defect(
        name="exemptions-cover-everything",
        wrong="Every host counts as exempt from inspection, whatever the list says.",
        path="model/exemptions.py",
        good='    return matches(pattern, host.replace("*", "any", 1))\n',
        bad="    return True\n",
        run=(SUBJECT, "tests/model/test_model_exemptions.py"),
        red=(
            "test_what_no_entry_covers",
            WRONG_LIST,
        ),
    ),
    Defect(
        name="unknown-settings-unseen",
        wrong="A setting that the client does not know goes unnoticed.",
        path="catalogue/preferences.py",
        good="        if wrong:\n            place",
        bad="        if wrong and row:\n            place",
        run=("tests/catalogue/test_catalogue_preferences.py",),
        red=("test_each_slip_is_one_line_with_place_and_mend",),
    ),
    Defect(
        name="failed-tunnels-left-out",
        wrong="The HTTP Archive holds what succeeded only.",
        path="report/har.py",
        good="    return found or [_attempt(connection)]\n",
        bad="    return found\n",
        run=(HAR,),
        red=("test_a_connection_that_came_to_no_exchange_is_kept",),
    ),
    Defect(
        name="script-line-ends-unseen",
        wrong="An onboarding script with the line ends of Windows is taken, and no shell can run it.",
        path="model/script.py",
        good='    if "\\r\\n" in text:\n',
        bad='    if "\\r\\r" in text:\n',
        run=("tests/model/test_model_script.py",),
        red=("test_the_line_ends_of_windows_are_named_with_their_line_and_the_mend",),
    ),
    Defect(
        name="script-not-simulated-is-to-blame",
        wrong="An onboarding script that uses what the lab does not simulate counts as one that does not work.",
        path="bdd/last.py",
        good="        if result.not_simulated:\n",
        bad="        if result.not_simulated and result.exit_code == 0:\n",
        run=("tests/lab/test_lab_subject_script.py",),
        red=("test_a_batch_file_that_does_what_is_not_simulated_is_inconclusive_and_says_what",),
    ),
)
