"""Every program, on every platform, says loudly that it does not simulate an option, and makes the result inconclusive."""

import pytest

from mdelab.catalogue.platforms import complete
from mdelab.endpoint.machine import Machine
from mdelab.endpoint.programs import TABLES
from mdelab.model.device import DeviceSpec
from mdelab.model.platform import Platform

_OPTION = {Platform.LINUX: "--not-an-option", Platform.MACOS: "--not-an-option", Platform.WINDOWS: "/notanoption"}

_EVERY_WORD_IS_A_WORD = {"echo", "call", "cd", "set"}
"""To which this is no option but text, a command, a folder or a variable, as on a real device."""
_NO_PROGRAM = {"*.cmd", "*"}
"""Of the Windows table: how a batch file and a whole command line are found."""

_DEVICES = {
    Platform.LINUX: DeviceSpec(name="dev-1", platform=Platform.LINUX, python2="2.7.18"),
    Platform.MACOS: DeviceSpec(name="dev-1", platform=Platform.MACOS, python="3.9.6"),
    Platform.WINDOWS: DeviceSpec(name="dev-1", platform=Platform.WINDOWS),
}
_PROGRAMS = [
    (platform, name)
    for platform, table in TABLES.items()
    for name in sorted(table)
    if name not in _EVERY_WORD_IS_A_WORD | _NO_PROGRAM and not (platform is Platform.LINUX and name in ("rpm", "yum"))
]
"""`rpm` and `yum` are not there on the Ubuntu that the test runs on."""


def _call(device, platform, *argv):
    spec = complete(_DEVICES[platform])
    device.machine = Machine(spec=spec, files=device.machine.files, attachment=device.machine.attachment)
    return device.call(*argv)


@pytest.mark.parametrize(("platform", "name"), _PROGRAMS)
def test_an_option_that_is_not_simulated_is_said_and_makes_the_result_inconclusive(device, platform, name):
    ended = _call(device, platform, name, _OPTION[platform])

    assert ended.not_simulated
    assert "not simulated by this lab" in ended.err
    assert ended.code != 0


def test_what_echo_would_make_of_its_text_is_not_simulated(device):
    assert _call(device, Platform.LINUX, "echo", "-e", r"a\tb").not_simulated == ["echo -e"]


def test_a_command_of_mdatp_that_is_not_there_says_what_there_is(device):
    ended = _call(device, Platform.LINUX, "mdatp", "config", "no-such-property", "--value", "enabled")

    assert ended.not_simulated == ["mdatp config no-such-property --value enabled"]
    assert "mdatp config passive-mode --value <value>" in ended.out
