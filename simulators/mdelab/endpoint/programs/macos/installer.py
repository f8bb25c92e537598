"""`installer`, `pkgutil` and the client's `uninstall`: the Defender client comes to a Mac and leaves it.

The package is the lab's: a file with its marker. What the client needs of a Mac is `mdelab.catalogue.macos`.
"""

import shlex

import msgspec

from mdelab.catalogue.macos import macos_text, unmet
from mdelab.endpoint import client_version
from mdelab.endpoint.machine import DEFENDER
from mdelab.endpoint.program import Device, Io
from mdelab.endpoint.programs.caller import is_root
from mdelab.endpoint.programs.installation import install, package_version
from mdelab.endpoint.programs.macos import client_bundle
from mdelab.endpoint.programs.path import device_path
from mdelab.endpoint.programs.speech import complain, not_simulated
from mdelab.model.platform import Platform

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
    version = package_version(files.read(path), Platform.MACOS)
    if not version:
        return not_simulated(io, f"installer -pkg {name}", "The lab installs its own wdav.pkg only.")
    if not is_root(io):
        return complain(io, macos_text("installer_not_root"))
    refusals = unmet(device.machine.spec)
    for refusal in refusals:
        complain(io, macos_text("installer_refused").format(text=refusal.text))
    if refusals:
        return 1
    await install(device, version)
    io.out.write(macos_text("installer_done") + "\n")
    return 0


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
            version = client_version.read(device.machine)
            io.out.write(f"package-id: {name}\nversion: {version}\nvolume: /\nlocation: Applications\n")
            return 0
        case ["--pkgs"]:
            io.out.write(f"{PACKAGE_ID}\n" if device.machine.spec.installed else "")
            return 0
        case _:
            return not_simulated(io, shlex.join(argv), f"Use: pkgutil --pkgs, or pkgutil --pkg-info {PACKAGE_ID}.")
