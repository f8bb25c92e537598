"""`installer`, `pkgutil` and the client's `uninstall`: the Defender client comes to a Mac and leaves it.

The package is the lab's: a file with its marker. What the client needs of a Mac is `mdelab.catalogue.macos`.
"""

import re
import shlex

import msgspec

from mdelab.catalogue.macos import macos_text, unmet
from mdelab.endpoint import layout
from mdelab.endpoint.machine import DEFENDER
from mdelab.endpoint.program import Device, Io
from mdelab.endpoint.programs.caller import is_root
from mdelab.endpoint.programs.macos import client_bundle
from mdelab.endpoint.programs.path import device_path
from mdelab.endpoint.programs.scripts import marker
from mdelab.endpoint.programs.speech import complain, not_simulated

PACKAGE_MARKER = "wdav-pkg"
"""`mdelab program: wdav-pkg` in the first lines of a file makes it the client's package."""

_VERSION = re.compile(r"^# version: (\d+(?:\.\d+)+)$", re.MULTILINE)

PACKAGE_ID = "com.microsoft.wdav"


async def installer(device: Device, argv: list[str], io: Io) -> int:
    match [word for word in argv[1:] if word not in ("-verbose", "-verboseR")]:
        case ["-pkg" | "-package", name, "-target", "/" | "LocalSystem"]:
            pass
        case _:
            return not_simulated(io, shlex.join(argv), "Use: installer -pkg wdav.pkg -target /.")
    path, files = device_path(io, name), device.machine.files
    if not files.exists(path) or files.is_folder(path):
        return complain(io, macos_text("installer_no_package").format(path=name))
    version = package_version(files.read(path))
    if not version:
        return not_simulated(io, f"installer -pkg {name}", "The lab installs its own wdav.pkg only.")
    if not is_root(io):
        return complain(io, macos_text("installer_not_root"))
    refusals = unmet(device.machine.spec)
    for refusal in refusals:
        complain(io, macos_text("installer_refused").format(text=refusal.text))
    if refusals:
        return 1
    await _install(device, version)
    io.out.write(macos_text("installer_done") + "\n")
    return 0


def package_version(content: bytes) -> str:
    """The version of the client in a package of the lab; "" for another file."""
    text = content.decode(errors="replace")
    found = _VERSION.search(text)
    return found[1] if found and marker(text) == PACKAGE_MARKER else ""


async def _install(device: Device, version: str) -> None:
    """Put that version on the device, whichever was there; the service begins anew with it."""
    machine = device.machine
    if machine.spec.installed:
        await device.control_service(DEFENDER, False)
    else:
        # The service is noted as stopped first, so that starting it is a change that somebody acts on.
        machine.set_service(DEFENDER, False)
        machine.spec = msgspec.structs.replace(machine.spec, installed=True)
        layout.lay_out(machine, device.tenant.clock.now())
    client_bundle.set_version(machine.files, version)
    await device.control_service(DEFENDER, True)


async def uninstall(device: Device, argv: list[str], io: Io) -> int:
    """`/Library/Application Support/Microsoft/Defender/uninstall/uninstall`."""
    if len(argv) > 1:
        return not_simulated(io, shlex.join(argv), "Use: uninstall, without options.")
    if not is_root(io):
        return complain(io, "Please run as root")
    machine = device.machine
    await device.control_service(DEFENDER, False)
    machine.spec = msgspec.structs.replace(machine.spec, installed=False)
    if machine.files.is_folder(client_bundle.APPLICATION):
        for path in machine.files.paths(client_bundle.APPLICATION):
            machine.files.remove(path)
    return 0


async def pkgutil(device: Device, argv: list[str], io: Io) -> int:
    match argv[1:]:
        case ["--pkg-info", name]:
            if name != PACKAGE_ID or not device.machine.spec.installed:
                return complain(io, f"No receipt for '{name}' found at '/'.")
            version = client_bundle.version(device.machine.files)
            io.out.write(f"package-id: {name}\nversion: {version}\nvolume: /\nlocation: Applications\n")
            return 0
        case ["--pkgs"]:
            io.out.write(f"{PACKAGE_ID}\n" if device.machine.spec.installed else "")
            return 0
        case _:
            return not_simulated(io, shlex.join(argv), f"Use: pkgutil --pkgs, or pkgutil --pkg-info {PACKAGE_ID}.")
