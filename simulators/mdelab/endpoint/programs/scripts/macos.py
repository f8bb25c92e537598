"""What the lab's macOS scripts do when a Mac runs them: the portal's local scripts, and the program of the EDR test.

As on Linux nothing is interpreted. A portal script holds the property list that it would write, between its first line
with `<<'MARK'` and the line MARK, and the path in `PLIST="..."`; the agent notices the file by itself.
"""

import re

from mdelab.catalogue.macos import macos_text
from mdelab.endpoint.program import Device, Io
from mdelab.endpoint.programs.caller import is_root, user_of
from mdelab.endpoint.programs.path import device_path
from mdelab.endpoint.programs.speech import complain

_TARGET = re.compile(r'^PLIST="(?P<path>/[^"$`]+)"$', re.MULTILINE)
_DOCUMENT = re.compile(r"<<'(?P<mark>\w+)'\n(?P<text>.*?)^(?P=mark)$", re.MULTILINE | re.DOTALL)
_DIY_PARENT = "/sbin/launchd"


async def portal_script(device: Device, argv: list[str], io: Io) -> int:
    """`MicrosoftDefenderATPOnboardingMacOs.sh` and its offboarding counterpart."""
    if not is_root(io):
        return complain(io, "This script needs administrative rights. Run it with sudo.")
    text = device.machine.files.read(device_path(io, argv[0])).decode(errors="replace")
    target, document = _TARGET.search(text), _DOCUMENT.search(text)
    if target is None:
        return complain(io, f"{argv[0]}: line {_lines(text)}: syntax error: unexpected end of file", 2)
    io.out.write(f"Generating {target['path']} ...\n")
    if document is None:
        # bash warns and takes the rest of the script as the document; the script was cut off while it was copied.
        return complain(io, f"{argv[0]}: line {_lines(text)}: warning: here-document delimited by end-of-file")
    device.machine.files.write(target["path"], document["text"].encode())
    return 0


async def edr_diy(device: Device, argv: list[str], io: Io) -> int:
    """`MDATP MacOS DIY`: the macOS EDR test. It does no harm; what its process is called raises the test alert."""
    image = device_path(io, argv[0])
    device.observe(
        "ProcessCreated",
        Image=image,
        CommandLine=f'"{image}"',
        ParentImage=_DIY_PARENT,
        ParentCommandLine=_DIY_PARENT,
        CurrentDirectory=io.cwd,
        User=user_of(io),
    )
    io.out.write(macos_text("diy_message") + "\n")
    return 0


def _lines(text: str) -> int:
    return text.count("\n") + 1
