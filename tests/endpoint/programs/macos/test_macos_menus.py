"""Which items the menus of the client's application have, as `osascript` says it."""

from typing import Any

import pytest

_HELP = (
    'tell application "System Events" to get name of menu items of menu "Help" of menu bar 1'
    ' of process "Microsoft Defender"'
)


def test_help_has_the_item_for_feedback(mac: Any) -> None:
    ended = mac.call("osascript", "-e", _HELP)
    assert (ended.code, ended.out) == (0, "Send feedback\n")


def test_without_the_client_its_process_is_not_found(mac: Any) -> None:
    mac.set(installed=False)
    ended = mac.call("osascript", "-e", _HELP)
    assert (ended.code, ended.out) == (1, "")
    assert 'get process "Microsoft Defender". (-1728)' in ended.err


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("menus.scpt",),
        ("-e", "beep"),
        ("-e", _HELP.replace("Help", "Window")),
        ("-e", _HELP.replace("Microsoft Defender", "Safari")),
    ],
)
def test_any_other_script_is_not_simulated_and_the_known_one_is_named(mac: Any, words: tuple[str, ...]) -> None:
    ended = mac.call("osascript", *words)
    assert ended.code == 125
    assert f"osascript -e '{_HELP}'" in ended.err
