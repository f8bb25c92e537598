"""`msupdate`, the command line of Microsoft AutoUpdate (MAU): it asks the channel's feed for the client's newest version.

Source of the options and of the channels: defender-docs mac-updates.md.
"""

import plistlib
import shlex
from dataclasses import dataclass
from xml.parsers.expat import ExpatError

from mdelab.endpoint import client_version
from mdelab.endpoint.program import Device, Io
from mdelab.endpoint.programs.caller import is_root
from mdelab.endpoint.programs.installation import download
from mdelab.endpoint.programs.macos import client_bundle
from mdelab.endpoint.programs.speech import complain, not_simulated

APPLICATION_ID = "WDAV00"

_USE = f"Use: msupdate --list, --config, or --install [--apps {APPLICATION_ID}]."
_DOWNLOAD = "/private/tmp/wdav-upgrade.pkg"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Update:
    version: str
    location: str
    """URL of the package."""


async def msupdate(device: Device, argv: list[str], io: Io) -> int:
    match argv[1:]:
        case ["--help" | "-h"]:
            io.out.write(f"{_USE}\n")
            return 0
        case ["--config" | "-c"]:
            return _show_configuration(device, io)
        case ["--list" | "-l"]:
            installs = False
        case ["--install" | "-i"]:
            installs = True
        case ["--install" | "-i", "--apps" | "-a", apps]:
            if any(one.upper() != APPLICATION_ID for one in apps.replace(",", " ").split()):
                return complain(io, f"No updates available for {apps}: this Mac has {APPLICATION_ID} only")
            installs = True
        case _:
            return not_simulated(io, shlex.join(argv), _USE)
    if not device.machine.spec.installed:
        io.out.write("No updates available\n")
        return 0
    return await _update(device, io, installs=installs)


async def _update(device: Device, io: Io, *, installs: bool) -> int:
    files = device.machine.files
    feed = client_bundle.channel(files).feed
    io.out.write("Checking for updates...\n")
    answer = await download(device, feed)
    if isinstance(answer, str):
        return complain(io, f"Error: the update feed {feed} cannot be reached: {answer}")
    newest = _newest_in(answer)
    if newest is None:
        return complain(io, f"Error: the update feed {feed} cannot be read. Check what stands between this Mac and it.")
    before = client_version.read(device.machine)
    if client_version.numbers(newest.version) <= client_version.numbers(before):
        io.out.write("No updates available\n")
        return 0
    io.out.write(f"Updates available:\n\t{APPLICATION_ID} Microsoft Defender {newest.version} (installed {before})\n")
    if not installs:
        return 0
    if not is_root(io):
        return complain(io, "Error: installing updates needs administrative rights. Run msupdate with sudo.")
    content = await download(device, newest.location)
    if isinstance(content, str):
        return complain(io, f"Error: the update {newest.location} cannot be downloaded: {content}")
    files.write(_DOWNLOAD, content)
    code = await device.run(["installer", "-pkg", _DOWNLOAD, "-target", "/"], io=io)
    files.remove(_DOWNLOAD)
    if code == 0:
        io.out.write(f"Update applied: Microsoft Defender {client_version.read(device.machine)}\n")
    return code


def _show_configuration(device: Device, io: Io) -> int:
    io.out.write(
        f"UpdateChannel: {client_bundle.channel(device.machine.files).name}\nApplications:\n\tApplication ID: {APPLICATION_ID}\n"
        f"\tApp Domain: com.microsoft.wdav\n\tVersion: {client_version.read(device.machine)}\n"
    )
    return 0


def _newest_in(body: bytes) -> _Update | None:
    """The newest version in a feed: a list of dictionaries with `Update Version` and `Location`; None without any."""
    try:
        entries = plistlib.loads(body)
    except (ExpatError, plistlib.InvalidFileException, ValueError):
        return None
    found = [
        _Update(version=one["Update Version"], location=str(one.get("Location", "")))
        for one in (entries if isinstance(entries, list) else [])
        if isinstance(one, dict) and _is_version(one.get("Update Version"))
    ]
    return max(found, key=lambda one: client_version.numbers(one.version), default=None)


def _is_version(value: object) -> bool:
    return isinstance(value, str) and all(part.isascii() and part.isdigit() for part in value.split("."))
