"""The programs of a Linux endpoint, and how a device finds one. Each has a small file; the table is here."""

import posixpath
from collections.abc import Callable

from mdelab.catalogue.distributions import distribution
from mdelab.endpoint.program import Device, Io, Program
from mdelab.endpoint.programs.certificates import update_ca_certificates
from mdelab.endpoint.programs.curl import curl
from mdelab.endpoint.programs.files import cat, chmod, cp, ls, mkdir, mv, rm, sha256sum
from mdelab.endpoint.programs.flags import UnknownFlag
from mdelab.endpoint.programs.identity import echo, env, hostname, id_, uname, whoami
from mdelab.endpoint.programs.interpreters import python, shell
from mdelab.endpoint.programs.logger import logger
from mdelab.endpoint.programs.mdatp import mdatp
from mdelab.endpoint.programs.packages import dpkg, rpm
from mdelab.endpoint.programs.path import device_path
from mdelab.endpoint.programs.resources import df, findmnt, free, nproc, ps
from mdelab.endpoint.programs.scripts import execute, obstacle_to
from mdelab.endpoint.programs.services import service, systemctl
from mdelab.endpoint.programs.speech import NOT_EXECUTABLE, NOT_FOUND, complain, not_simulated
from mdelab.endpoint.programs.sudo import sudo
from mdelab.endpoint.programs.unzip import unzip
from mdelab.model.device import DeviceSpec
from mdelab.model.errors import LabError

_FOLDERS = ("/bin", "/sbin", "/usr/bin", "/usr/sbin", "/usr/local/bin", "/opt/microsoft/mdatp/sbin")
"""Where the programs of the table lie on every device, without being files of it."""


async def which(device: Device, argv: list[str], io: Io) -> int:
    code = 0
    for name in argv[1:]:
        if name in PROGRAMS and _is_there(device.machine.spec, name):
            io.out.write(f"/usr/bin/{name}\n")
        else:
            code = 1
    return code


PROGRAMS: dict[str, Program] = {
    "bash": shell,
    "cat": cat,
    "chmod": chmod,
    "cp": cp,
    "curl": curl,
    "df": df,
    "dpkg": dpkg,
    "echo": echo,
    "env": env,
    "findmnt": findmnt,
    "free": free,
    "hostname": hostname,
    "id": id_,
    "logger": logger,
    "ls": ls,
    "mdatp": mdatp,
    "mkdir": mkdir,
    "mv": mv,
    "nproc": nproc,
    "ps": ps,
    "python": python,
    "python2": python,
    "python3": python,
    "rm": rm,
    "rpm": rpm,
    "service": service,
    "sh": shell,
    "sha256sum": sha256sum,
    "sudo": sudo,
    "systemctl": systemctl,
    "uname": uname,
    "unzip": unzip,
    "update-ca-certificates": update_ca_certificates,
    "wdavdaemonclient": mdatp,
    "which": which,
    "whoami": whoami,
}


def _has_deb(spec: DeviceSpec) -> bool:
    return distribution(spec.distribution).packages == "deb"


_CONDITIONS: dict[str, Callable[[DeviceSpec], bool]] = {
    "dpkg": _has_deb,
    "mdatp": lambda spec: spec.installed,
    "python": lambda spec: bool(spec.python2),
    "python2": lambda spec: bool(spec.python2),
    "python3": lambda spec: bool(spec.python),
    "rpm": lambda spec: not _has_deb(spec),
    "update-ca-certificates": _has_deb,
    "wdavdaemonclient": lambda spec: spec.installed,
}
"""Programs that not every device has."""


def find(device: Device, argv0: str, cwd: str) -> Program | None:
    """The program behind `argv0`; None when the lab does not simulate it.

    A program that is simulated but is not on this device (no python3, no client) is found too: it says what a shell says
    and exits with 127. A path with a slash is a file of the device, or one of the table's programs where they lie.
    """
    name = _name_in_table(argv0, cwd)
    if name is None:
        return _guarded(execute) if "/" in argv0 else None
    return _guarded(PROGRAMS[name] if _is_there(device.machine.spec, name) else _absent)


def image(device: Device, argv0: str, io: Io) -> str:
    """The path of the file that runs as `argv0`; "" when no process begins, because a shell finds nothing to run.

    A bare name that the lab does not simulate counts as a program: somebody wanted it to run.
    """
    if "\0" in argv0:
        return ""
    name = _name_in_table(argv0, io.cwd)
    if "/" not in argv0:
        return "" if name and not _is_there(device.machine.spec, name) else f"/usr/bin/{argv0}"
    path = device_path(io, argv0)
    if name is None:
        return "" if obstacle_to(device, path) else path
    return path if _is_there(device.machine.spec, name) else ""


def _name_in_table(argv0: str, cwd: str) -> str | None:
    """The program of the table that `argv0` means: by its bare name, or by a path to where those programs lie."""
    folder, name = posixpath.split(argv0)
    lies = posixpath.normpath(posixpath.join(cwd or "/", folder)) if folder else _FOLDERS[0]
    return name if lies in _FOLDERS and name in PROGRAMS else None


def _is_there(spec: DeviceSpec, name: str) -> bool:
    return name not in _CONDITIONS or _CONDITIONS[name](spec)


async def _absent(device: Device, argv: list[str], io: Io) -> int:
    return complain(io, f"bash: {argv[0]}: command not found", NOT_FOUND)


def _guarded(program: Program) -> Program:
    """`program`, whose unknown flags and impossible paths become its error output."""

    async def run(device: Device, argv: list[str], io: Io) -> int:
        if any("\0" in argument for argument in argv):
            return complain(io, f"{argv[0]!r}: an argument holds a NUL, which no program can be given", NOT_EXECUTABLE)
        try:
            return await program(device, argv, io)
        except UnknownFlag as flag:
            return not_simulated(io, f"{argv[0]} {flag}", "Leave this option out.")
        except LabError as error:
            return complain(io, f"{argv[0]}: {error}")

    return run
