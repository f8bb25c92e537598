"""When a command's failure is a failure, what is inconclusive, and what old wordings do. The tenant here is a recorder."""

from types import SimpleNamespace

import pytest

from mdelab.bdd.last import Last
from mdelab.bdd.registry import matching, run_step
from mdelab.bdd.verdict import Inconclusive, Unmet
from mdelab.lab.wire import ExecResult
from mdelab.model.platform import Platform

CONFTEST = """
import pytest
from mdelab.bdd import then, when
from mdelab.lab.wire import ExecResult
from mdelab.model.platform import Platform
from types import SimpleNamespace

class Recorder:
    def endpoint(self, name):
        return SimpleNamespace(platform=Platform.LINUX)

    def exec(self, endpoint, argv, stdin, env):
        code = int(argv[1]) if argv[0] == "exit" else 0
        return ExecResult(
            exit_code=code, stdout="some text", stderr="", not_simulated=["sed"] if argv[0] == "sed" else []
        )

@pytest.fixture
def tenant():
    return Recorder()

@when("it is so", was=("so it is",))
def so():
    pass

@then("nothing is said about it")
def nothing():
    pass
"""


@pytest.fixture
def scenario(pytester: pytest.Pytester) -> pytest.Pytester:
    pytester.makeconftest(CONFTEST)
    return pytester


def run(pytester: pytest.Pytester, *steps: str) -> pytest.RunResult:
    text = "Feature: F\n  Scenario: s\n" + "".join(f"    {step}\n" for step in steps)
    pytester.path.joinpath("f.feature").write_text(text, encoding="utf-8")
    return pytester.runpytest_inprocess("-p", "no:cacheprovider")


def test_a_command_that_fails_fails_the_scenario_when_no_then_expects_it(scenario: pytest.Pytester) -> None:
    result = run(scenario, 'When lin-1 runs "exit 3"', "Then nothing is said about it")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E   'exit 3' on lin-1 exited with 3, and no Then step expects it."])


def test_a_command_that_fails_as_the_then_says_passes(scenario: pytest.Pytester) -> None:
    run(scenario, 'When lin-1 runs "exit 3"', "Then the command on lin-1 exits with 3").assert_outcomes(passed=1)


def test_a_then_after_the_next_when_does_not_excuse_a_command(scenario: pytest.Pytester) -> None:
    steps = (
        'When lin-1 runs "exit 3"',
        "Then nothing is said about it",
        'When lin-1 runs "exit 4"',
        "Then the command on lin-1 exits with 4",
    )
    result = run(scenario, *steps)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*'exit 3' on lin-1*"])


def test_only_the_last_of_several_commands_may_fail(scenario: pytest.Pytester) -> None:
    steps = ('When lin-1 runs "exit 3"', 'And lin-1 runs "exit 4"', "Then the command on lin-1 exits with 4")
    result = run(scenario, *steps)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*'exit 3' on lin-1*"])


def test_what_is_not_simulated_is_inconclusive_and_ends_with_3(scenario: pytest.Pytester) -> None:
    result = run(scenario, 'When lin-1 runs "sed -n"', "Then the command on lin-1 exits with 0")
    result.assert_outcomes(failed=1)
    assert result.ret == 3
    result.stdout.fnmatch_lines(["E   inconclusive: 'sed -n' on lin-1 used what this lab does not simulate (sed)*"])


def test_a_renamed_step_still_works_and_prints_its_new_wording(scenario: pytest.Pytester) -> None:
    result = run(scenario, "When so it is", "Then nothing is said about it")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(['mdelab: the step "so it is" is now written "it is so"*'])


def test_a_then_about_a_command_that_never_ran_says_what_to_do() -> None:
    with pytest.raises(Unmet, match='Run one first: When lin-1 runs "mdatp health"'):
        Last().of("lin-1")


def test_an_exit_code_and_an_output_are_shown_when_nobody_reads_them() -> None:
    with pytest.raises(Unmet, match=r"(?s)'curl' on lin-1 exited with 6.*Could not resolve"):
        Last().put("lin-1", "curl", ExecResult(exit_code=6, stdout="", stderr="Could not resolve", not_simulated=[]))


class Printer:
    """A tenant on which every command prints its arguments."""

    def endpoint(self, name: str) -> SimpleNamespace:
        return SimpleNamespace(platform=Platform.LINUX)

    def exec(self, endpoint: str, argv: list[str], stdin: str, env: dict[str, str]) -> ExecResult:
        return ExecResult(exit_code=1, stdout="\n".join(argv), stderr="", not_simulated=[])


def test_one_step_by_itself_returns_what_its_command_printed() -> None:
    result = run_step("When lin-1 runs \"curl -w ' %{url}\\n' x\"", lab=None, tenant=Printer())
    assert result is not None
    assert result.stdout.splitlines() == ["curl", "-w", " %{url}\\n", "x"]
    assert result.exit_code == 1


@pytest.mark.parametrize("text", ["Then the command on lin-1 exits with 1", "And the command on lin-1 exits with 1"])
def test_one_step_can_read_what_the_one_before_did(text: str) -> None:
    last = Last()
    run_step('lin-1 runs "false"', lab=None, tenant=Printer(), last=last)
    run_step(text, lab=None, tenant=Printer(), last=last)
    with pytest.raises(Unmet, match="exited with 1, not 2"):
        run_step("Then the command on lin-1 exits with 2", lab=None, tenant=Printer(), last=last)


def test_one_step_takes_a_document() -> None:
    last = Last()
    run_step('When lin-1 runs:\n"""\necho a b\n"""', lab=None, tenant=Printer(), last=last)
    run_step("Then the command on lin-1 prints:\necho\na\nb", lab=None, tenant=Printer(), last=last)


def test_inconclusive_says_so_in_its_first_word() -> None:
    assert str(Inconclusive("no control")) == "inconclusive: no control"


def test_step_texts_tell_upper_from_lower_case() -> None:
    assert matching("a linux endpoint lin-1", "given") == []
