"""`open`: starts an application of the device. The lab has one: the EDR test, `MDATP MacOS DIY`."""

import posixpath
import shlex

from mdelab.catalogue.macos import macos_text
from mdelab.endpoint.program import Device, Io
from mdelab.endpoint.programs.path import device_path
from mdelab.endpoint.programs.scripts import run_script
from mdelab.endpoint.programs.speech import complain, not_simulated

_USE = "Use: open PATH.app, or open -a NAME."
_APP = ".app"


async def open_(device: Device, argv: list[str], io: Io) -> int:
    words = [word for word in argv[1:] if word not in ("-n", "-W", "-g", "-j")]
    match words:
        case ["-a", name]:
            path = name if name.startswith("/") else _find(device, name)
            if not path or not device.machine.files.exists(path):
                return complain(io, macos_text("app_not_found").format(name=name))
        case [name] if not name.startswith("-") and "://" not in name:
            path = device_path(io, name)
            if not device.machine.files.exists(path):
                return complain(io, macos_text("file_not_found").format(path=path))
        case _:
            return not_simulated(io, shlex.join(argv), _USE)
    program = executable(path)
    if not program or not device.machine.files.exists(program):
        return not_simulated(io, shlex.join(argv), _USE)
    return await run_script(device, [program], io)


def executable(app: str) -> str:
    """The program inside an application bundle; "" for a path that is none."""
    name = posixpath.basename(app.rstrip("/"))
    if not name.endswith(_APP):
        return ""
    return f"{app.rstrip('/')}/Contents/MacOS/{name.removesuffix(_APP)}"


def _find(device: Device, name: str) -> str:
    """The bundle called `name`, wherever it lies: the system keeps a register of them all."""
    bundle = name.removesuffix(_APP) + _APP
    part = f"/{bundle}/Contents/"
    for path in device.machine.files.paths():
        if part in path:
            return path[: path.index(part) + len(bundle) + 1]
    return ""
