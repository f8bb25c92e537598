"""Scripts that the lab's cloud hands out and that a device runs: each is told by the marker line in it.

Embedded endpoints run no arbitrary code on the host, so a script is never interpreted: its marker names the program that does
what the real script would do. A script without a marker is not simulated.
"""

import re

from mdelab.endpoint.program import Device, Io, Program
from mdelab.endpoint.programs.path import device_path
from mdelab.endpoint.programs.scripts import macos
from mdelab.endpoint.programs.scripts.edr_diy import edr_diy
from mdelab.endpoint.programs.scripts.portal import offboarding_script, onboarding_script
from mdelab.endpoint.programs.speech import NOT_EXECUTABLE, NOT_FOUND, complain, not_simulated
from mdelab.model.platform import Platform

SCRIPTS: dict[Platform, dict[str, Program]] = {
    Platform.LINUX: {
        "mde_linux_edr_diy": edr_diy,
        "onboarding-script": onboarding_script,
        "offboarding-script": offboarding_script,
    },
    Platform.MACOS: {
        "macos-onboarding-script": macos.portal_script,
        "macos-offboarding-script": macos.portal_script,
        "mdatp-macos-diy": macos.edr_diy,
    },
}
"""Platform -> marker -> program. argv[0] is the script's path on the device, as it was typed."""

_MARKER = re.compile(r"mdelab program: ([A-Za-z0-9_-]+)")
_FIRST_LINES = 5


def marker(text: str) -> str | None:
    """The program that a script names in its first lines."""
    for line in text.splitlines()[:_FIRST_LINES]:
        match = _MARKER.search(line)
        if match:
            return match[1]
    return None


async def run_script(device: Device, argv: list[str], io: Io) -> int:
    """Run the device's file argv[0], which exists, whatever its permissions are."""
    name = marker(device.machine.files.read(device_path(io, argv[0])).decode(errors="replace"))
    platform = device.machine.spec.platform
    scripts = SCRIPTS.get(platform, {})
    if name not in scripts:
        advice = f"The lab runs its own portal's and download scripts for {platform} only, and no other code."
        return not_simulated(io, argv[0], advice)
    return await scripts[name](device, argv, io)


def obstacle_to(device: Device, path: str) -> str:
    """Why a shell cannot run the file at `path`; "" when it can."""
    files = device.machine.files
    if not files.exists(path):
        return "No such file or directory"
    if files.is_folder(path):
        return "Is a directory"
    return "" if files.mode(path) & 0o111 else "Permission denied"


async def execute(device: Device, argv: list[str], io: Io) -> int:
    """Run argv[0] as a command with a slash in it, as a shell would."""
    files, path = device.machine.files, device_path(io, argv[0])
    if obstacle := obstacle_to(device, path):
        return complain(io, f"bash: {argv[0]}: {obstacle}", NOT_EXECUTABLE if files.exists(path) else NOT_FOUND)
    if not device.machine.spec.python and files.read(path).startswith(b"#!/usr/bin/env python3"):
        return complain(io, "/usr/bin/env: ‘python3’: No such file or directory", NOT_FOUND)
    return await run_script(device, argv, io)
