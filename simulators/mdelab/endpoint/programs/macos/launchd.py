"""`launchctl`: the client's daemon and the other services of a Mac. Source: XMDE client analyzer."""

import posixpath
import shlex

from mdelab.catalogue.macos import macos
from mdelab.endpoint.program import Device, Io
from mdelab.endpoint.programs.caller import is_root
from mdelab.endpoint.programs.path import device_path
from mdelab.endpoint.programs.speech import complain, not_simulated

_USE = (
    "Use: launchctl list [LABEL], load|unload [-w] PLIST, bootstrap system PLIST, bootout|kickstart|print system/LABEL."
)
_NOT_FOUND = 113
_IO_ERROR = 5
_FIRST_PID = 800


async def launchctl(device: Device, argv: list[str], io: Io) -> int:
    words = [word for word in argv[1:] if word not in ("-w", "-F", "-k")]
    match words:
        case ["list"]:
            io.out.write("PID\tStatus\tLabel\n" + "".join(f"{line}\n" for line in _listed(device)))
            return 0
        case ["list", label]:
            return _list_one(device, io, label)
        case ["load" | "unload" | "bootstrap" | "bootout" as action, *rest] if rest:
            return await _switch(device, io, action, rest)
        case ["kickstart", target]:
            label = target.rpartition("/")[2]
            if (code := _refused(device, io, label)) is not None:
                return code
            await device.control_service(_service(label), False)
            await device.control_service(_service(label), True)
            return 0
        case ["print", target]:
            return _print(device, io, target)
        case _:
            return not_simulated(io, shlex.join(argv), _USE)


async def _switch(device: Device, io: Io, action: str, rest: list[str]) -> int:
    *domain, target = rest
    if action in ("load", "unload", "bootstrap"):
        if (action == "bootstrap") != (domain == ["system"]) or (action != "bootstrap" and domain):
            return not_simulated(io, shlex.join(["launchctl", action, *rest]), _USE)
        label = posixpath.basename(device_path(io, target)).removesuffix(".plist")
        if not target.endswith(".plist") or not _is_known(device, label):
            return complain(
                io, f"{'Load' if action == 'load' else action.capitalize()} failed: 5: Input/output error", 5
            )
    else:
        label = target.rpartition("/")[2]
    if (code := _refused(device, io, label)) is not None:
        return code
    running = action in ("load", "bootstrap")
    if device.machine.services()[_service(label)] == running:
        return complain(io, f"{'Load' if running else 'Unload'} failed: 5: Input/output error", _IO_ERROR)
    await device.control_service(_service(label), running)
    return 0


def _refused(device: Device, io: Io, label: str) -> int | None:
    """The exit code for a label that is not there, or a user who may not change it; None when it may go on."""
    if not _is_known(device, label):
        return complain(io, f'Could not find service "{label}" in domain for system', _NOT_FOUND)
    if not is_root(io):
        return complain(io, f"{label}: Operation not permitted (run launchctl as root)", 1)
    return None


def _list_one(device: Device, io: Io, label: str) -> int:
    if not _is_known(device, label) or not device.machine.services()[_service(label)]:
        return complain(io, f'Could not find service "{label}" in domain for system', _NOT_FOUND)
    pid = _pids(device)[label]
    io.out.write(f'{{\n\t"Label" = "{label}";\n\t"OnDemand" = false;\n\t"LastExitStatus" = 0;\n\t"PID" = {pid};\n}};\n')
    return 0


def _print(device: Device, io: Io, target: str) -> int:
    label = target.rpartition("/")[2]
    if not _is_known(device, label):
        return complain(io, f'Could not find service "{label}" in domain for system', _NOT_FOUND)
    runs = device.machine.services()[_service(label)]
    io.out.write(
        f"system/{label} = {{\n\tactive count = {int(runs)}\n\tstate = {'running' if runs else 'not running'}\n}}\n"
    )
    return 0


def _listed(device: Device) -> list[str]:
    """One line a running job; what is unloaded is not listed."""
    return [f"{pid}\t0\t{label}" for label, pid in _pids(device).items()]


def _pids(device: Device) -> dict[str, int]:
    running = [name for name, runs in device.machine.services().items() if runs]
    return {_label(name): _FIRST_PID + index for index, name in enumerate(running)}


def _is_known(device: Device, label: str) -> bool:
    return _service(label) in device.machine.services()


def _service(label: str) -> str:
    return next((row.service for row in macos().daemon if row.label == label), label)


def _label(service: str) -> str:
    return next((row.label for row in macos().daemon if row.service == service), service)
