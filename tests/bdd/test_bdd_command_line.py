"""Command lines of steps: words by the rules of the endpoint's platform."""

import re
import shlex
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdelab.bdd.command_line import words
from mdelab.model.errors import LabError
from mdelab.model.platform import Platform


@pytest.mark.parametrize(
    ("line", "found"),
    [
        (r'reg query "HKLM\SOFTWARE\A B\Status" /v OrgID', ["reg", "query", r"HKLM\SOFTWARE\A B\Status", "/v", "OrgID"]),
        (r"cmd /c C:\a\b.cmd", ["cmd", "/c", r"C:\a\b.cmd"]),
        (r'a\\"b c" "" d\"e "x y\\"', ["a\\b c", "", 'd"e', "x y\\"]),
        ("p -c 'a b'", ["p", "-c", "'a", "b'"]),
    ],
)  # fmt: skip
def test_windows_words_follow_the_rules_of_its_programs(line: str, found: list[str]) -> None:
    assert words(line, Platform.WINDOWS) == found


@given(st.lists(st.text(alphabet='ab \\"', max_size=6), min_size=1))
def test_windows_words_are_what_pythons_quoting_for_windows_came_from(found: list[str]) -> None:
    assert words(subprocess.list2cmdline(found), Platform.WINDOWS) == found


@pytest.mark.parametrize("platform", [Platform.LINUX, Platform.MACOS])
def test_other_platforms_take_words_as_their_shells_do(platform: Platform) -> None:
    line = r"""open 'MDATP MacOS DIY.app' "a \"b" c\ d"""
    assert words(line, platform) == shlex.split(line)


@pytest.mark.parametrize("platform", list(Platform))
@pytest.mark.parametrize("line", ['a "b', "  "])
def test_a_line_that_is_no_command_is_refused(platform: Platform, line: str) -> None:
    with pytest.raises(LabError, match=re.escape(repr(line))):
        words(line, platform)
