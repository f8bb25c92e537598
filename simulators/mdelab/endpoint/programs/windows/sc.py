"""`sc query|queryex|qc|config|start|stop`: services. Its exit code is Windows' error."""

from mdelab.catalogue.windows import WindowsService
from mdelab.endpoint.program import Device, Io
from mdelab.endpoint.programs.speech import complain, not_simulated
from mdelab.endpoint.programs.windows import services
from mdelab.endpoint.programs.windows.environment import is_administrator

_STARTS = {0: "BOOT_START", 1: "SYSTEM_START", 2: "AUTO_START", 3: "DEMAND_START", 4: "DISABLED"}
_WORDS = {"boot": 0, "system": 1, "auto": 2, "demand": 3, "disabled": 4}
_INVALID = 1639
_ADVICE = "Use: sc query|qc|start|stop NAME, or sc config NAME start=auto|demand|disabled."


async def sc(device: Device, argv: list[str], io: Io) -> int:
    action = argv[1].lower() if len(argv) > 1 else ""
    if action in ("query", "queryex") and len(argv) == 2:
        for one in services.services(device):
            if services.runs(device, one) and not one.is_driver:
                io.out.write(_state(one, "RUNNING", display_name=True))
        return services.DONE
    if action not in ("query", "queryex", "qc", "config", "start", "stop") or len(argv) < 3:
        return not_simulated(io, " ".join(argv), _ADVICE)
    row = services.service(device, argv[2])
    if row is None:
        return _fail(
            io, "EnumQueryServicesStatus:OpenService" if action.startswith("query") else "OpenService", services.UNKNOWN
        )
    if action == "config":
        return _config(device, row, argv[3:], io)
    if len(argv) > 3:
        return not_simulated(io, " ".join(argv), _ADVICE)
    match action:
        case "qc":
            io.out.write(_configuration(device, row))
        case "start":
            code = await services.start(device, row, io)
            if code not in (services.DONE, services.GAVE_UP):
                return _fail(io, "OpenService" if code == services.ACCESS_DENIED else "StartService", code)
            io.out.write(_state(row, "START_PENDING"))
        case "stop":
            code = await services.stop(device, row, io)
            if code != services.DONE:
                return _fail(io, "OpenService" if code == services.ACCESS_DENIED else "ControlService", code)
            io.out.write(_state(row, "STOP_PENDING"))
        case _:
            io.out.write(_state(row, "RUNNING" if services.runs(device, row) else "STOPPED"))
    return services.DONE


def _config(device: Device, row: WindowsService, arguments: list[str], io: Io) -> int:
    # Both `start= auto`, which Windows asks for, and `start=auto`, which it takes since Windows 10.
    given = "".join(arguments).lower()
    word = given.removeprefix("start=")
    if word == given:
        return not_simulated(io, f"sc config {row.name} {' '.join(arguments)}", _ADVICE)
    if word not in _WORDS:
        return complain(io, f"ERROR:  Invalid start= field\n\n{_ADVICE}", _INVALID)
    if not is_administrator(io) or row.is_protected:
        return _fail(io, "OpenService", services.ACCESS_DENIED)
    services.set_start_type(device, row, _WORDS[word])
    io.out.write("[SC] ChangeServiceConfig SUCCESS\n")
    return services.DONE


_STATES = {"STOPPED": 1, "START_PENDING": 2, "STOP_PENDING": 3, "RUNNING": 4}


def _state(row: WindowsService, state: str, *, display_name: bool = False) -> str:
    number = 1077 if state == "STOPPED" else 0
    accepts = (
        "STOPPABLE, NOT_PAUSABLE, ACCEPTS_PRESHUTDOWN"
        if state == "RUNNING"
        else "NOT_STOPPABLE, NOT_PAUSABLE, IGNORES_SHUTDOWN"
    )
    kind = "1  KERNEL_DRIVER" if row.is_driver else "10  WIN32_OWN_PROCESS"
    lines = [
        "",
        f"SERVICE_NAME: {row.name}",
        *([f"DISPLAY_NAME: {row.display_name}"] if display_name else []),
        f"        TYPE               : {kind}  ",
        f"        STATE              : {_STATES[state]}  {state} ",
        *([f"                                ({accepts})"] if state != "STOPPED" else []),
        f"        WIN32_EXIT_CODE    : {number}  (0x{number:x})",
        "        SERVICE_EXIT_CODE  : 0  (0x0)",
        "        CHECKPOINT         : 0x0",
        f"        WAIT_HINT          : 0x{0x7D0 if state.endswith('PENDING') else 0:x}",
    ]
    return "\n".join(lines) + "\n"


def _configuration(device: Device, row: WindowsService) -> str:
    start = services.start_type(device, row)
    first, *others = row.depends_on or ("",)
    lines = [
        "[SC] QueryServiceConfig SUCCESS",
        "",
        f"SERVICE_NAME: {row.name}",
        f"        TYPE               : {'1  KERNEL_DRIVER' if row.is_driver else '10  WIN32_OWN_PROCESS'} ",
        f"        START_TYPE         : {start}   {_STARTS.get(start, '')}",
        "        ERROR_CONTROL      : 1   NORMAL",
        f"        BINARY_PATH_NAME   : {row.binary}",
        "        LOAD_ORDER_GROUP   : ",
        "        TAG                : 0",
        f"        DISPLAY_NAME       : {row.display_name}",
        f"        DEPENDENCIES       : {first}",
        *(f"                           : {name}" for name in others),
        f"        SERVICE_START_NAME : {'' if row.is_driver else 'LocalSystem'}",
    ]
    return "\n".join(lines) + "\n"


def _fail(io: Io, call: str, code: int) -> int:
    # The service control manager's client writes its errors to standard output.
    io.out.write(f"[SC] {call} FAILED {code}:\n\n{services.TEXTS[code]}\n\n")
    return code
