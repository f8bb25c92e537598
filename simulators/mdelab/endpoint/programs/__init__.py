"""The programs of each platform, and how a device finds one. Each has a small file; a platform's table is in its own."""

import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from mdelab.endpoint.program import Device, Io, Program
from mdelab.endpoint.programs import linux, macos, windows
from mdelab.endpoint.programs.flags import UnknownFlag, split_flags
from mdelab.endpoint.programs.lookup import posix_name
from mdelab.endpoint.programs.path import device_path
from mdelab.endpoint.programs.scripts import execute, obstacle_to
from mdelab.endpoint.programs.speech import NOT_EXECUTABLE, NOT_FOUND, complain, not_simulated
from mdelab.model.device import DeviceSpec
from mdelab.model.errors import LabError
from mdelab.model.platform import Platform
from mdelab.model.windows_command_line import join as windows_join


async def which(device: Device, argv: list[str], io: Io) -> int:
    code = 0
    _, names = split_flags(argv[1:], ())
    for name in names:
        if name in TABLES[device.machine.spec.platform] and _is_there(device.machine.spec, name):
            io.out.write(f"/usr/bin/{name}\n")
        else:
            code = 1
    return code


PROGRAMS: dict[str, Program] = {**linux.PROGRAMS, "which": which}
"""Of a Linux device."""

TABLES: dict[Platform, dict[str, Program]] = {
    Platform.LINUX: PROGRAMS,
    Platform.MACOS: {**{name: PROGRAMS[name] for name in linux.SHARED}, "which": which, **macos.PROGRAMS},
    Platform.WINDOWS: windows.PROGRAMS,
}
"""Name -> program, by platform. A program that is in none says loudly that it is not simulated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rules:
    """How a platform finds a program by what was typed."""

    name: Callable[[str, str], str | None]
    """(argv0, working folder) -> name in the table; None when it can be none."""
    conditions: dict[str, Callable[[DeviceSpec], bool]]
    """Programs that not every device of the platform has."""
    image: Callable[[Device, str, Io], str]
    """As `image` below."""
    join: Callable[[Sequence[str]], str] = shlex.join
    """Arguments -> the command line that a process is seen with."""


def find(device: Device, argv0: str, cwd: str) -> Program | None:
    """The program behind `argv0`; None when the lab does not simulate it.

    A program that is simulated but is not on this device (no python3, no client) is found too: it says what a shell says
    and exits with 127. A path with a slash is a file of the device, or one of the table's programs where they lie.
    """
    spec = device.machine.spec
    name = _name_in_table(spec, argv0, cwd)
    if name is None:
        return _guarded(execute) if "/" in argv0 else None
    return _guarded(TABLES[spec.platform][name] if _is_there(spec, name) else _absent)


def image(device: Device, argv0: str, io: Io) -> str:
    """The path of the file that runs as `argv0`; "" when no process begins, because a shell finds nothing to run.

    A bare name that the lab does not simulate counts as a program: somebody wanted it to run.
    """
    return "" if "\0" in argv0 else _RULES[device.machine.spec.platform].image(device, argv0, io)


def command_line(device: Device, argv: Sequence[str]) -> str:
    """The command line with which a process is seen on the device."""
    return _RULES[device.machine.spec.platform].join(argv)


def _posix_image(device: Device, argv0: str, io: Io) -> str:
    spec = device.machine.spec
    name = _name_in_table(spec, argv0, io.cwd)
    if "/" not in argv0:
        return "" if name and not _is_there(spec, name) else f"/usr/bin/{argv0}"
    path = device_path(io, argv0)
    if name is None:
        return "" if obstacle_to(device, path) else path
    return path if _is_there(spec, name) else ""


def _name_in_table(spec: DeviceSpec, argv0: str, cwd: str) -> str | None:
    """The program of the table that `argv0` means: by its bare name, or by a path to where those programs lie."""
    name = _RULES[spec.platform].name(argv0, cwd)
    return name if name in TABLES[spec.platform] else None


def _is_there(spec: DeviceSpec, name: str) -> bool:
    conditions = _RULES[spec.platform].conditions
    return name not in conditions or conditions[name](spec)


_RULES: dict[Platform, _Rules] = {
    Platform.LINUX: _Rules(name=posix_name(linux.FOLDERS), conditions=linux.CONDITIONS, image=_posix_image),
    Platform.MACOS: _Rules(
        name=posix_name((*linux.FOLDERS, *macos.FOLDERS)),
        conditions={**linux.CLIENT_CONDITIONS, **macos.CONDITIONS},
        image=_posix_image,
    ),
    Platform.WINDOWS: _Rules(
        name=windows.name_in_table,
        conditions={},
        image=lambda device, argv0, io: windows.image(argv0),
        join=windows_join,
    ),
}


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
