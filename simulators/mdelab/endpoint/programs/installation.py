"""How a version of the Defender client comes onto a device, whichever program of its platform brings it.

A package of the lab is a file with its marker and its version; the real ones are neither handed out nor taken.
"""

import re

import msgspec

from mdelab.catalogue.platforms import platform_row
from mdelab.endpoint import client_version, layout
from mdelab.endpoint.outcome import Failure
from mdelab.endpoint.program import Device
from mdelab.endpoint.programs.scripts import marker
from mdelab.model.evidence import Purpose
from mdelab.model.platform import Platform
from mdelab.model.trust import Trust

PACKAGES = {Platform.LINUX: "mdatp-package", Platform.MACOS: "wdav-pkg", Platform.WINDOWS: "sense-update"}
"""`mdelab program: wdav-pkg` in the first lines of a file makes it the client's package."""

_VERSION = re.compile(r"^# version: (\d+(?:\.\d+)+)$", re.MULTILINE)
_OK = 200


def package_version(content: bytes, platform: Platform) -> str:
    """The version of the client in a package of the lab; "" for another file."""
    text = content.decode(errors="replace")
    found = _VERSION.search(text)
    return found[1] if found and marker(text) == PACKAGES[platform] else ""


async def download(device: Device, url: str) -> bytes | str:
    """What lies at `url`; why there is nothing as a text. An updater trusts what the system trusts."""
    answer = await device.fetch(url, purpose=Purpose.AGENT, trust=Trust.OS_STORE)
    if isinstance(answer, Failure):
        return answer.text
    return answer.body if answer.status == _OK else f"the answer is HTTP {answer.status}"


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
