"""`usoclient ScanInstallWait`: the update service is asked, and what it offers of the client is installed.

The program's options are known from public use only. Other updates of Windows are not simulated.
"""

import msgspec

from mdelab.catalogue.windows import windows
from mdelab.endpoint import client_version
from mdelab.endpoint.program import Device, Io
from mdelab.endpoint.programs.installation import download, install, package_version
from mdelab.endpoint.programs.speech import complain, not_simulated
from mdelab.endpoint.programs.windows.environment import is_administrator
from mdelab.model.platform import Platform


class _Update(msgspec.Struct, frozen=True):
    kb: str
    title: str
    version: str
    location: str


async def usoclient(device: Device, argv: list[str], io: Io) -> int:
    if [word.lower() for word in argv[1:]] != ["scaninstallwait"]:
        return not_simulated(io, " ".join(argv), "Use: usoclient ScanInstallWait.")
    if not is_administrator(io):
        return complain(io, "Access is denied.", 5)
    if not device.machine.spec.installed:
        io.out.write("There are no updates available.\n")
        return 0
    listed = await download(device, windows().update.catalogue)
    if isinstance(listed, str):
        return complain(io, f"The update service cannot be reached: {listed}")
    try:
        updates = msgspec.json.decode(listed, type=list[_Update])
    except msgspec.DecodeError as error:
        return complain(io, f"The update service cannot be understood: {error}. Check what stands between it and here.")
    before = client_version.numbers(client_version.read(device.machine))
    newer = [one for one in updates if client_version.numbers(one.version) > before]
    if not newer:
        io.out.write("There are no updates available.\n")
        return 0
    for one in newer:
        content = await download(device, one.location)
        if isinstance(content, str):
            return complain(io, f"{one.kb} cannot be downloaded: {content}")
        version = package_version(content, Platform.WINDOWS)
        if not version:
            return not_simulated(io, one.location, "The lab installs its own updates only.")
        await install(device, version)
        io.out.write(f"Installed: {one.title} ({one.kb}), version {version}\n")
    return 0
