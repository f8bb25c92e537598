"""Preferences of both kinds are read with the line of each key; what is neither is told with its place."""

import plistlib

import pytest

from mdelab.model.errors import LabError
from mdelab.model.platform import Platform
from mdelab.model.preferences import as_text, parse_preferences

VALUES = {"antivirusEngine": {"exclusions": [{"path": "/a:{b"}, {"path": "/c"}]}, "edr": {"groupIds": "g"}}
JSON = b"""{
  "antivirusEngine": {
    "exclusions": [{"path": "/a:{b"},
                   {"path": "/c"}]
  },
  "edr": {"groupIds": "g"}
}
"""
NAMES = [
    "antivirusEngine",
    "antivirusEngine.exclusions",
    "antivirusEngine.exclusions[].path",
    "antivirusEngine.exclusions[].path",
    "edr",
    "edr.groupIds",
]


def test_json_is_linux_and_each_key_has_its_line() -> None:
    found = parse_preferences(JSON, "m.json")
    assert found.platform is Platform.LINUX
    assert [(setting.name, setting.line) for setting in found.settings] == list(
        zip(NAMES, (2, 3, 3, 4, 6, 6), strict=True)
    )


def test_a_property_list_is_a_mac_s_and_each_key_has_its_line() -> None:
    content = plistlib.dumps(VALUES, sort_keys=False)
    found = parse_preferences(content, "m.plist")
    assert found.platform is Platform.MACOS
    assert [setting.name for setting in found.settings] == NAMES
    lines = content.decode().splitlines()
    for setting in found.settings:
        assert f"<key>{setting.path[-1]}</key>" in lines[setting.line - 1]


def test_a_binary_property_list_has_no_lines_and_is_text_all_the_same() -> None:
    content = plistlib.dumps(VALUES, fmt=plistlib.FMT_BINARY, sort_keys=False)
    assert {setting.line for setting in parse_preferences(content, "m.plist").settings} == {0}
    assert plistlib.loads(as_text(content).encode()) == VALUES


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'{"a": 1,\n "b" 2}', "f:2: the preferences under test are no JSON"),
        (b'{"a": {"b": 1},\n "a": 2}', "f:2: the key 'a' stands a second time in its dictionary, after line 1"),
        (b"[1]", "f: the preferences under test are no dictionary"),
        (b"\xff\xfe{\x00", "f:1: the preferences under test are no UTF-8 text"),
        (b"<plist>\n<dict>", "f:2: the preferences under test are no property list"),
        (b"<plist><dict><key>a</key>\n<true/><key>a</key><true/></dict></plist>", "f:2: the key 'a' stands a second"),
        (b"bplist00xx", "f: the preferences under test are no property list"),
        (plistlib.dumps({"PayloadContent": []}), "f is a configuration profile"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_place(content: bytes, said: str) -> None:
    with pytest.raises(LabError) as refused:
        parse_preferences(content, "f")
    assert str(refused.value).startswith(said)
