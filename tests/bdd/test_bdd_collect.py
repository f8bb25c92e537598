"""What the plugin collects, and what it refuses to call green. No lab is started here."""

import pytest

FEATURE = """
@greeting
Feature: Greeting
  Scenario: a greeting is friendly
    Given a greeting
    Then it is friendly
"""

STEPS = """
from pytest_bdd import given, then

@given("a greeting", target_fixture="greeting")
def a_greeting():
    return "hello"

@then("it is friendly")
def it_is_friendly(greeting):
    assert greeting == "hello"
"""


def run(pytester: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    return pytester.runpytest_inprocess("-p", "no:cacheprovider", *arguments)


def feature(pytester: pytest.Pytester, name: str = "greeting", text: str = FEATURE) -> None:
    pytester.path.joinpath(f"{name}.feature").write_text(text, encoding="utf-8")


@pytest.fixture(autouse=True)
def steps(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(STEPS)


def test_a_feature_file_in_an_empty_folder_is_run(pytester: pytest.Pytester) -> None:
    feature(pytester)
    run(pytester, "greeting.feature").assert_outcomes(passed=1)


def test_a_folder_of_features_is_run(pytester: pytest.Pytester) -> None:
    feature(pytester)
    run(pytester).assert_outcomes(passed=1)


def test_a_scenario_is_named_by_its_title(pytester: pytest.Pytester) -> None:
    feature(pytester)
    run(pytester, "greeting.feature::a greeting is friendly").assert_outcomes(passed=1)


def test_each_row_of_an_outline_is_a_test(pytester: pytest.Pytester) -> None:
    outline = """
    Feature: Greeting
      Scenario Outline: <word> is a greeting
        Given a greeting
        Then it is friendly
        Examples:
          | word  | tone |
          | hello | warm |
          | hi    | cool |
    """
    feature(pytester, text=outline)
    result = run(pytester, "-v")
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines_random(["*::hello is a greeting?warm? PASSED*", "*::hi is a greeting?cool? PASSED*"])


def test_a_false_then_fails_and_shows_the_step(pytester: pytest.Pytester) -> None:
    feature(pytester)
    pytester.makeconftest(STEPS.replace('== "hello"', '== "go away"'))
    result = run(pytester)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([">   Then it is friendly*greeting.feature:6*"])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Feature: Nothing\n", "*the feature has no scenario*"),
        ("", "*it holds no `Feature:`*"),
        ("Feature: F\n  Scenario: s\n    Given a greeting\n", "*line 2: scenario 's' has no `Then`*"),
        (
            "Feature: F\n  Scenario Outline: s\n    Then it is <x>\n    Examples:\n      | x |\n",
            "*line 4: the Examples of 's' have no row*",
        ),
        ("Feature: F\n  Scenario Outline: s\n    Then it is <x>\n", "*outline without `Examples`*"),
        (
            "Feature: F\n  Scenario: s\n    Then it is friendly\n  Scenario: s\n    Then it is friendly\n",
            "*line 4: scenario 's' has the same title as the one in line 2*",
        ),
        ("Feature: F\n  Scenario: s\n    Then it is friendly\n    Perhaps\n", "*line 4*"),
    ],
    ids=["no scenario", "empty file", "no Then", "empty Examples", "no Examples", "same titles", "no Gherkin"],
)
def test_a_feature_that_would_prove_nothing_is_an_error(pytester: pytest.Pytester, text: str, said: str) -> None:
    feature(pytester, text=text)
    result = run(pytester)
    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines([said])


def test_a_broken_feature_stops_the_run_even_beside_good_ones(pytester: pytest.Pytester) -> None:
    feature(pytester)
    feature(pytester, "empty", "Feature: Nothing\n")
    result = run(pytester)
    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.assert_outcomes(errors=1)


def test_tags_are_markers_also_when_markers_are_strict(pytester: pytest.Pytester) -> None:
    feature(pytester)
    run(pytester, "--strict-markers", "-m", "greeting").assert_outcomes(passed=1)


@pytest.mark.parametrize("option", [("-m", "greting"), ("-k", "greting")], ids=["-m", "-k"])
def test_a_selection_of_nothing_is_an_error_that_suggests_the_nearest_tag(
    pytester: pytest.Pytester, option: tuple[str, str]
) -> None:
    feature(pytester)
    result = run(pytester, *option)
    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines(["*selects nothing*Did you mean 'greeting'?", "Known tags: greeting."])


def test_an_undefined_step_suggests_the_nearest(pytester: pytest.Pytester) -> None:
    feature(
        pytester,
        text="Feature: F\n  Scenario: s\n    Given an onbordet Linux endpoint lin-1\n    Then it is friendly\n",
    )
    result = run(pytester)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*Given an onboarded <platform> endpoint <endpoint>*"])


def test_without_the_plugin_nothing_is_collected(pytester: pytest.Pytester) -> None:
    feature(pytester)
    assert run(pytester, "-p", "no:mdelab").ret == pytest.ExitCode.NO_TESTS_COLLECTED


class TestBesideAProjectsOwnBindings:
    """A project that binds its features itself gets no doubles."""

    BINDING = """
    from pytest_bdd import scenarios
    scenarios("greeting.feature")
    """

    def test_a_scenario_that_the_project_binds_runs_once(self, pytester: pytest.Pytester) -> None:
        feature(pytester)
        pytester.makepyfile(test_binding=self.BINDING)
        run(pytester).assert_outcomes(passed=1)

    def test_other_features_are_left_alone_too(self, pytester: pytest.Pytester) -> None:
        feature(pytester)
        feature(pytester, "other", FEATURE.replace("Greeting", "Other"))
        pytester.makepyfile(test_binding=self.BINDING)
        run(pytester).assert_outcomes(passed=1)

    def test_a_broken_feature_of_theirs_does_not_disturb(self, pytester: pytest.Pytester) -> None:
        feature(pytester)
        feature(pytester, "empty", "Feature: Nothing\n")
        pytester.makepyfile(test_binding=self.BINDING)
        run(pytester).assert_outcomes(passed=1)

    def test_a_feature_that_is_named_runs(self, pytester: pytest.Pytester) -> None:
        feature(pytester)
        feature(pytester, "other", FEATURE.replace("Greeting", "Other"))
        pytester.makepyfile(test_binding=self.BINDING)
        # Their tag is theirs to register; whether pytest warns of it depends on what this process collected before.
        theirs = ("-W", "ignore::pytest.PytestUnknownMarkWarning")
        run(pytester, *theirs, "test_binding.py", "other.feature").assert_outcomes(passed=2)

    def test_never_collects_nothing(self, pytester: pytest.Pytester) -> None:
        feature(pytester)
        assert run(pytester, "-o", "mdelab_collect=never").ret == pytest.ExitCode.NO_TESTS_COLLECTED

    def test_always_collects_beside_them(self, pytester: pytest.Pytester) -> None:
        feature(pytester)
        pytester.makepyfile(test_binding=self.BINDING)
        run(pytester, "-o", "mdelab_collect=always").assert_outcomes(passed=2)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--lab-profile", "2019"), "'2019' is not known. Known: seed"),
        (("-o", "mdelab_collect=sometimes"), "Write auto, always or never"),
    ],
    ids=["profile", "ini"],
)
def test_an_option_that_cannot_be_served_ends_with_2(
    pytester: pytest.Pytester, options: tuple[str, ...], said: str
) -> None:
    feature(pytester)
    result = pytester.runpytest_subprocess(*options)
    assert result.ret == 2
    assert said in result.stdout.str() + result.stderr.str()


def test_scenarios_of_another_backend_are_skipped_with_the_reason(pytester: pytest.Pytester) -> None:
    feature(pytester, text=FEATURE.replace("@greeting", "@docker"))
    result = run(pytester, "-rs")
    result.assert_outcomes(skipped=1)
    assert result.ret == 3, "all skipped is not green"
    result.stdout.fnmatch_lines(["*@docker: this session runs on --lab-backend embedded*"])


@pytest.mark.parametrize(("options", "told"), [((), ""), (("--lab-backend=docker",), " --lab-backend docker")])
def test_a_scenario_is_repeated_where_it_ran(pytester: pytest.Pytester, options: tuple[str, ...], told: str) -> None:
    from mdelab.bdd import tenancy

    feature(pytester)
    (item,), _ = pytester.inline_genitems("greeting.feature", *options)
    item.stash[tenancy._SEED] = 7

    assert tenancy.again(item) == f"pytest 'greeting.feature::a greeting is friendly' --lab-seed 7{told}"
