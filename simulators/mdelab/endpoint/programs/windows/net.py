"""`net start|stop|session`: services by name, and the test for administrator rights that scripts use."""

from mdelab.endpoint.program import Device, Io
from mdelab.endpoint.programs.speech import complain, not_simulated
from mdelab.endpoint.programs.windows import services
from mdelab.endpoint.programs.windows.environment import is_administrator

_FAILED = 2
_HELP = {services.ALREADY_RUNNING: 2182, services.NOT_STARTED: 3521, services.UNKNOWN: 2185, services.GAVE_UP: 3534}


async def net(device: Device, argv: list[str], io: Io) -> int:
    """Exit code 0, or 2 with a message."""
    action = argv[1].lower() if len(argv) > 1 else ""
    match action, argv[2:]:
        case "session" | "sessions", []:
            if not is_administrator(io):
                return _system_error(io, services.ACCESS_DENIED)
            io.out.write("There are no entries in the list.\n\n")
            return 0
        case "start", []:
            names = "".join(
                f"   {row.display_name}\n"
                for row in services.services(device)
                if services.runs(device, row) and not row.is_driver
            )
            io.out.write(f"These Windows services are started:\n\n{names}\nThe command completed successfully.\n\n")
            return 0
        case "start" | "stop", [name, *rest] if [word.lower() for word in rest] in ([], ["/y"]):
            return await _control(device, io, action, name)
        case _:
            return not_simulated(io, " ".join(argv), "Use: net start [NAME], net stop NAME or net session.")


async def _control(device: Device, io: Io, action: str, name: str) -> int:
    row = next((row for row in services.services(device) if name.lower() in (row.name, row.display_name.lower())), None)
    if row is None:
        return complain(io, f"The service name is invalid.\n\n{_more(services.UNKNOWN)}", _FAILED)
    said = f"The {row.display_name} service"
    code = await (services.start if action == "start" else services.stop)(device, row, io)
    match code:
        case services.DONE:
            doing, done = ("starting", "started") if action == "start" else ("stopping", "stopped")
            io.out.write(f"{said} is {doing}.\n{said} was {done} successfully.\n\n")
            return 0
        case services.ALREADY_RUNNING:
            return complain(io, f"The requested service has already been started.\n\n{_more(code)}", _FAILED)
        case services.NOT_STARTED:
            return complain(io, f"{said} is not started.\n\n{_more(code)}", _FAILED)
        case services.GAVE_UP:
            io.out.write(f"{said} is starting.\n")
            text = f"{said} could not be started.\n\nThe service did not report an error.\n\n{_more(code)}"
            return complain(io, text, _FAILED)
        case _:
            return _system_error(io, code)


def _system_error(io: Io, code: int) -> int:
    return complain(io, f"System error {code} has occurred.\n\n{services.TEXTS[code]}\n", _FAILED)


def _more(code: int) -> str:
    return f"More help is available by typing NET HELPMSG {_HELP[code]}.\n"
