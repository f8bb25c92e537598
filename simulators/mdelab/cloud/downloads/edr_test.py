"""The EDR tests of Linux and macOS, as zips. The real ones are not public; the lab's devices know these by their marker line."""

import io
import plistlib
import zipfile
from functools import cache

LINUX_ZIP = "MDE-Linux-EDR-DIY.zip"
MAC_ZIP = "MDATP MacOS DIY.zip"
SCRIPT_NAMES = ("mde_linux_edr_diy.sh", "mde_linux_edr_diy")
"""The same script twice: the documents spell it in both ways. Sources: defender-docs edr-detection.md, seed 004 line 283."""

_SCRIPT = """#!/bin/bash
# mdelab program: {program}
# Made by a test lab (mdelab). It does nothing on a real machine.
echo "This script was made by a test lab (mdelab) and runs on its simulated endpoints only." >&2
exit 1
"""
_DATE = (2026, 1, 5, 9, 0, 0)
"""Fixed, so that every download has the same bytes."""
_PLAIN = 0o100644
_EXECUTABLE = 0o100755

_MAC_APP = "MDATP MacOS DIY"
_MAC_BUNDLE_ID = "mdelab.simulated.edr-test"


@cache
def linux_test_zip() -> bytes:
    """The script under both its names, not executable: the documented steps make it so."""
    script = _SCRIPT.format(program="mde_linux_edr_diy").encode()
    return _zip(dict.fromkeys(SCRIPT_NAMES, (_PLAIN, script)))


@cache
def mac_test_zip() -> bytes:
    """The app `MDATP MacOS DIY`. Source of the names: defender-docs mac-install-manually.md."""
    about = {"CFBundleExecutable": _MAC_APP, "CFBundleIdentifier": _MAC_BUNDLE_ID, "CFBundlePackageType": "APPL"}
    inside = f"{_MAC_APP}.app/Contents"
    return _zip(
        {
            f"{inside}/Info.plist": (_PLAIN, plistlib.dumps(about)),
            f"{inside}/MacOS/{_MAC_APP}": (_EXECUTABLE, _SCRIPT.format(program="mdatp-macos-diy").encode()),
        }
    )


def _zip(members: dict[str, tuple[int, bytes]]) -> bytes:
    """members: name -> mode and content."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, (mode, data) in members.items():
            member = zipfile.ZipInfo(name, _DATE)
            member.external_attr = mode << 16
            archive.writestr(member, data)
    return content.getvalue()
