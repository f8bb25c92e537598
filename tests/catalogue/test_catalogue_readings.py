"""What devices are asked, and how their answers are read."""

import re
from typing import get_args

import pytest

from mdelab.catalogue.readings import Name, detection_test, reading, shell
from mdelab.catalogue.rules import rules
from mdelab.model.platform import Platform

NAMES: tuple[Name, ...] = get_args(Name)


@pytest.mark.parametrize("platform", list(Platform))
@pytest.mark.parametrize("name", NAMES)
def test_every_platform_can_be_asked_everything(platform: Platform, name: Name) -> None:
    assert re.compile(reading(platform, name).pattern).groups == 1


@pytest.mark.parametrize("platform", list(Platform))
def test_every_platform_runs_the_portals_script(platform: Platform) -> None:
    assert "x.py" in shell(platform).command.format(name="x.py")


@pytest.mark.parametrize("platform", list(Platform))
def test_the_alert_of_each_platforms_test_is_what_a_rule_raises(platform: Platform) -> None:
    test = detection_test(platform)
    found = [rule.level for rule in rules() if rule.title == test.title]
    assert found == [test.severity.lower()]


@pytest.mark.parametrize(
    ("platform", "name", "printed", "answer"),
    [
        (Platform.LINUX, "licensed", "ATTENTION: No license found.\nfalse\n", "false"),
        (Platform.LINUX, "licensed", "true\n", "true"),
        (Platform.MACOS, "organisation", '"00000000-0000-4000-8000-000000000001"\n', "00000000-0000-4000-8000-000000000001"),
        (Platform.LINUX, "organisation", "unavailable\n", "none"),
        (Platform.WINDOWS, "licensed", "\nHKLM\\X\\Status\n    OnboardingState    REG_DWORD    0x1\n\n", "true"),
        (Platform.WINDOWS, "licensed", "\nHKLM\\X\\Status\n    OnboardingState    REG_DWORD    0x0\n\n", "false"),
        (Platform.WINDOWS, "licensed", "ERROR: The system was unable to find the specified registry key or value.\n", "false"),
        (Platform.WINDOWS, "ready", "        STATE              : 4  RUNNING \n", "true"),
        (Platform.WINDOWS, "ready", "        STATE              : 1  STOPPED \n", "false"),
        (Platform.WINDOWS, "log", "one\ntwo\n", "one\ntwo\n"),
    ],
)  # fmt: skip
def test_an_answer_is_read_from_what_the_platform_prints(
    platform: Platform, name: Name, printed: str, answer: str
) -> None:
    assert reading(platform, name).answer(printed) == answer
