"""The programs of a Windows device, and how one is found by its name. Each has a small file; the table is here."""

from mdelab.endpoint.program import Device, Io, Program
from mdelab.endpoint.programs.speech import complain
from mdelab.endpoint.programs.windows import cmd as shell
from mdelab.endpoint.programs.windows.certutil import certutil
from mdelab.endpoint.programs.windows.curl import curl
from mdelab.endpoint.programs.windows.dism import dism
from mdelab.endpoint.programs.windows.events import eventcreate, wevtutil
from mdelab.endpoint.programs.windows.files import copy, delete, dir_, find, mkdir, move, rmdir, type_
from mdelab.endpoint.programs.windows.identity import hostname, systeminfo, ver, whoami
from mdelab.endpoint.programs.windows.mpcmdrun import mpcmdrun
from mdelab.endpoint.programs.windows.names import program_name
from mdelab.endpoint.programs.windows.net import net
from mdelab.endpoint.programs.windows.netsh import netsh
from mdelab.endpoint.programs.windows.options import take
from mdelab.endpoint.programs.windows.powershell import powershell
from mdelab.endpoint.programs.windows.reg import reg
from mdelab.endpoint.programs.windows.sc import sc
from mdelab.endpoint.programs.windows.update import usoclient
from mdelab.endpoint.programs.windows.waiting import ping, timeout
from mdelab.model.windows_command_line import join

__all__ = ["PROGRAMS", "image", "join", "name_in_table"]

_BATCH = "*.cmd"
_LINE = "*"
"""Names in the table that nobody types: any batch file, and a whole command line in one argument."""


async def _batch(device: Device, argv: list[str], io: Io) -> int:
    return await shell.batch(device, argv, io, PROGRAMS)


async def _line(device: Device, argv: list[str], io: Io) -> int:
    text = argv[0] if len(argv) == 1 else f"{argv[0]} {join(argv[1:])}"
    return await shell.line(device, text, io)


async def where(device: Device, argv: list[str], io: Io) -> int:
    """`where NAME`: where a program lies; exit code 1 when it is not there."""
    code = 0
    _, names = take(argv[1:], {}, "/")
    for name in names:
        if program_name(name) in PROGRAMS and "*" not in name:
            io.out.write(f"{image(name)}\n")
        else:
            code = complain(io, "INFO: Could not find files for the given pattern(s).")
    return code


PROGRAMS: dict[str, Program] = {
    _BATCH: _batch,
    _LINE: _line,
    "certutil": certutil,
    "cmd": shell.cmd,
    "copy": copy,
    "curl": curl,
    "del": delete,
    "dir": dir_,
    "dism": dism,
    "erase": delete,
    "eventcreate": eventcreate,
    "find": find,
    "hostname": hostname,
    "md": mkdir,
    "mkdir": mkdir,
    "move": move,
    "mpcmdrun": mpcmdrun,
    "net": net,
    "netsh": netsh,
    "ping": ping,
    "powershell": powershell,
    "rd": rmdir,
    "reg": reg,
    "rmdir": rmdir,
    "sc": sc,
    "systeminfo": systeminfo,
    "timeout": timeout,
    "type": type_,
    "usoclient": usoclient,
    "ver": ver,
    "wevtutil": wevtutil,
    "where": where,
    "whoami": whoami,
}

for _builtin in ("call", "cd", "echo", "set"):
    # Typed by themselves they mean what they mean at a prompt.
    PROGRAMS[_builtin] = _line

_SYSTEM = r"C:\Windows\System32"
_FOLDERS = {
    "mpcmdrun": r"C:\Program Files\Windows Defender",
    "powershell": r"C:\Windows\System32\WindowsPowerShell\v1.0",
}


def name_in_table(argv0: str, cwd: str) -> str | None:
    """The name under which a program is in the table: of a bare name, a path, a batch file, or a whole command line."""
    name = program_name(argv0)
    if name.endswith((".cmd", ".bat")):
        return _BATCH
    if name in PROGRAMS and "*" not in name:
        return name
    return _LINE if any(blank in argv0 for blank in " \t") and not argv0.endswith(".exe") else None


def image(argv0: str) -> str:
    r"""The file that runs as `argv0`, as Windows writes it: `C:\Windows\System32\reg.exe`."""
    name = program_name(argv0)
    if "\\" in argv0 or "/" in argv0 or name.endswith((".cmd", ".bat")):
        return argv0
    if name not in PROGRAMS and name_in_table(argv0, "") == _LINE:
        return r"C:\Windows\System32\cmd.exe"
    return f"{_FOLDERS.get(name, _SYSTEM)}\\{name}.exe"
