"""`systemctl` and `service` for the services of the device."""

from mdelab.endpoint.machine import DEFENDER
from mdelab.endpoint.program import Device, Io
from mdelab.endpoint.programs.speech import complain, not_simulated

_DESCRIPTIONS = {DEFENDER: "Microsoft Defender for Endpoint"}
_MAIN = {DEFENDER: "wdavdaemon"}
_NOT_RUNNING = 3
"""What systemctl answers to `status` and `is-active` of a stopped unit."""
_UNKNOWN_UNIT = 4
_CANNOT_START = 5
_ACTIONS = {"start": (True,), "stop": (False,), "restart": (False, True)}


async def systemctl(device: Device, argv: list[str], io: Io) -> int:
    words = [word for word in argv[1:] if word not in ("--no-pager", "-q", "--quiet", "--now", "-l")]
    if words == ["daemon-reload"]:
        return 0
    if len(words) != 2:
        return not_simulated(io, " ".join(argv), "Use: systemctl status|is-active|is-enabled|start|stop|restart NAME.")
    return await _act(device, io, words[0], words[1].removesuffix(".service"), " ".join(argv))


async def service(device: Device, argv: list[str], io: Io) -> int:
    if len(argv) != 3:
        return not_simulated(io, " ".join(argv), "Use: service NAME status|start|stop|restart.")
    return await _act(device, io, argv[2], argv[1], " ".join(argv))


async def _act(device: Device, io: Io, action: str, name: str, whole: str) -> int:
    services = device.machine.services()
    if action in _ACTIONS:
        if name not in services:
            return complain(io, f"Failed to {action} {name}.service: Unit {name}.service not found.", _CANNOT_START)
        for running in _ACTIONS[action]:
            if device.machine.services()[name] != running:
                await device.control_service(name, running)
        return 0
    runs = services.get(name, False)
    match action:
        case "status" if name not in services:
            return complain(io, f"Unit {name}.service could not be found.", _UNKNOWN_UNIT)
        case "status":
            io.out.write(_status(name, runs))
            return 0 if runs else _NOT_RUNNING
        case "is-active":
            io.out.write("active\n" if runs else "inactive\n")
            return 0 if runs else _NOT_RUNNING
        case "is-enabled" if name in services:
            io.out.write("enabled\n")
            return 0
        case "is-enabled":
            return complain(io, f"Failed to get unit file state for {name}.service: No such file or directory")
        case _:
            return not_simulated(io, whole, "Actions are status, is-active, is-enabled, start, stop and restart.")


def _status(name: str, runs: bool) -> str:
    lines = [
        f"● {name}.service - {_DESCRIPTIONS.get(name, name)}",
        f"     Loaded: loaded (/lib/systemd/system/{name}.service; enabled; vendor preset: enabled)",
        f"     Active: {'active (running)' if runs else 'inactive (dead)'}",
    ]
    if runs:
        lines.append(f"   Main PID: 801 ({_MAIN.get(name, name)})")
    return "\n".join(lines) + "\n"
