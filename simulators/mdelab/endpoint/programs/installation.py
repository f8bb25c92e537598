"""How a version of the Defender client comes onto a device, whichever program of its platform brings it.

A package of the lab is a file with its marker and its version; the real ones are neither handed out nor taken.
"""

import re

import msgspec

from mdelab.catalogue.platforms import platform_row
from mdelab.endpoint import client_version, layout
from mdelab.endpoint.outcome import Failure
from mdelab.endpoint.program import Device, Io
from mdelab.endpoint.programs.caller import is_root
from mdelab.endpoint.programs.scripts import marker
from mdelab.endpoint.programs.speech import complain, not_simulated
from mdelab.model.debian_package import version_in
from mdelab.model.evidence import Purpose
from mdelab.model.platform import Platform
from mdelab.model.trust import Trust

PACKAGES = {Platform.LINUX: "mdatp-package", Platform.MACOS: "wdav-pkg", Platform.WINDOWS: "sense-update"}
"""`mdelab program: wdav-pkg` in the first lines of a file makes it the client's package."""

_VERSION = re.compile(r"^# version: (\d+(?:\.\d+)+)$", re.MULTILINE)
_OK = 200


def package_version(content: bytes, platform: Platform) -> str:
    """The version of the client in a package of the lab; "" for another file."""
    if deb := version_in(content):
        return deb if platform is Platform.LINUX else ""
    text = content.decode(errors="replace")
    found = _VERSION.search(text)
    return found[1] if found and marker(text) == PACKAGES[platform] else ""


async def download(device: Device, url: str) -> bytes | str:
    """What lies at `url`; why there is nothing as a text. An updater trusts what the system trusts."""
    answer = await device.fetch(url, purpose=Purpose.AGENT, trust=Trust.OS_STORE)
    if isinstance(answer, Failure):
        return answer.text
    return answer.body if answer.status == _OK else f"the answer is HTTP {answer.status}"


async def maintain(device: Device, argv: list[str], io: Io) -> int:
    """`mdelab-client`: what the scripts of the lab's package call in a container, when dpkg has installed or removed it."""
    if not is_root(io):
        return complain(io, f"{argv[0]}: must be run as root")
    match argv[1:]:
        case ["installed", version]:
            await install(device, version)
        case ["removed"]:
            await remove(device)
        case _:
            return not_simulated(io, " ".join(argv), "It is for the lab's own package only.")
    return 0


async def remove(device: Device) -> None:
    """Take the client off the device; its files of settings and its package stay, as those of a removed package do."""
    machine = device.machine
    if not machine.spec.installed:
        return
    await device.control_service(platform_row(machine.spec.platform).service, False)
    machine.spec = msgspec.structs.replace(machine.spec, installed=False)


async def install(device: Device, version: str) -> None:
    """Put that version on the device, whichever was there; a service that runs begins anew with it."""
    machine = device.machine
    service = platform_row(machine.spec.platform).service
    runs = machine.services().get(service, False)
    if runs:
        await device.control_service(service, False)
    elif not machine.spec.installed:
        # The service is noted as stopped first, so that starting it is a change that somebody acts on.
        machine.set_service(service, False)
        machine.spec = msgspec.structs.replace(machine.spec, installed=True)
        layout.lay_out(machine, device.tenant.clock.now())
        runs = True
    client_version.write(machine, version)
    if runs:
        await device.control_service(service, True)
