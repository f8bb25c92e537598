"""The Linux EDR test's zip. The real script is not public; the lab's devices know this one by its marker line."""

import io
import zipfile
from functools import cache

ZIP_NAME = "MDE-Linux-EDR-DIY.zip"
SCRIPT_NAMES = ("mde_linux_edr_diy.sh", "mde_linux_edr_diy")
"""The same script twice: the documents spell it in both ways. Sources: defender-docs edr-detection.md, seed 004 line 283."""

_SCRIPT = """#!/bin/bash
# mdelab program: mde_linux_edr_diy
# Made by a test lab (mdelab). It does nothing on a real machine.
echo "This script was made by a test lab (mdelab) and runs on its simulated endpoints only." >&2
exit 1
"""
_DATE = (2026, 1, 5, 9, 0, 0)
"""Fixed, so that every download has the same bytes."""
_MODE = 0o100644
"""Not executable: the documented steps make it so."""


@cache
def edr_test_zip() -> bytes:
    """`MDE-Linux-EDR-DIY.zip` with the script under both its names."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in SCRIPT_NAMES:
            member = zipfile.ZipInfo(name, _DATE)
            member.external_attr = _MODE << 16
            archive.writestr(member, _SCRIPT)
    return content.getvalue()
