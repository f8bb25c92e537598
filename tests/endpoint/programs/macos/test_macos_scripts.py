"""The portal's local scripts for macOS, as a Mac runs them."""

import plistlib
from typing import Any

ONBOARDED = "/Library/Application Support/Microsoft/Defender/com.microsoft.wdav.atp.plist"
KIM = {"USER": "kim"}


def script(text: str = "OUTER", *, marker: str = "macos-onboarding-script") -> bytes:
    """In the shape of the portal's: what it writes stands in a here-document."""
    body = plistlib.dumps({"OnboardingInfo": text}).decode()
    return (
        f"#!/bin/bash\n# mdelab program: {marker}\n"
        f'PLIST="{ONBOARDED}"\ncat > "$PLIST" <<\'MDELAB_END\'\n{body}MDELAB_END\n'
    ).encode()


def test_script_writes_the_property_list_that_it_holds(mac: Any) -> None:
    mac.machine.files.write("/tmp/onboard.sh", script())
    ended = mac.call("sudo", "bash", "-x", "/tmp/onboard.sh")
    assert ended.code == 0
    assert plistlib.loads(mac.machine.files.read(ONBOARDED)) == {"OnboardingInfo": "OUTER"}


def test_script_wants_administrative_rights(mac: Any) -> None:
    mac.machine.files.write("/tmp/onboard.sh", script(), 0o755)
    for command in (("bash", "/tmp/onboard.sh"), ("/tmp/onboard.sh",), ("sudo", "bash", "/tmp/onboard.sh")):
        ended = mac.call(*command, env=KIM)
        assert ended.code == 1
    assert not mac.machine.files.exists(ONBOARDED)


def test_script_that_was_cut_off_writes_nothing(mac: Any) -> None:
    whole = script()
    for size in (len(whole) - 5, 120, 60):
        mac.machine.files.write("/tmp/onboard.sh", whole[:size])
        assert mac.call("bash", "/tmp/onboard.sh").code in (1, 2)
    assert not mac.machine.files.exists(ONBOARDED)


def test_scripts_of_others_and_of_other_platforms_are_not_simulated(mac: Any) -> None:
    mac.machine.files.write("/tmp/x.sh", b"#!/bin/bash\nrm -rf /\n")
    assert mac.call("bash", "/tmp/x.sh").not_simulated
    mac.machine.files.write("/tmp/y.sh", script(marker="onboarding-script"))
    assert mac.call("bash", "/tmp/y.sh").not_simulated
    assert mac.call("bash", "-c", "true").not_simulated
