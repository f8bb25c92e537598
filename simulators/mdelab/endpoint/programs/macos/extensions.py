"""`systemextensionsctl`, `kextstat` and `kmutil`: which extensions of the client the system runs.

Source of the form: public samples and defender-docs mac-support-sys-ext.md. Approval comes from configuration profiles.
"""

import shlex

from mdelab.catalogue.macos import Extension, approvals, macos, release_of
from mdelab.endpoint import client_version
from mdelab.endpoint.program import Device, Io
from mdelab.endpoint.programs.speech import not_simulated

_HEADING = "enabled\tactive\tteamID\tbundleID (version)\tname\t[state]"
_KEXT_HEADING = "Index Refs Address            Size       Wired      Name (Version) UUID <Linked Against>"
_KEXT = "com.microsoft.wdavkext"


async def systemextensionsctl(device: Device, argv: list[str], io: Io) -> int:
    if argv[1:2] != ["list"]:
        return not_simulated(io, shlex.join(argv), "Use: systemextensionsctl list [CATEGORY].")
    spec = device.machine.spec
    wanted = argv[2] if len(argv) > 2 else ""
    has_any = spec.installed and release_of(spec.release).extensions == "system"
    rows = [row for row in macos().extension if has_any and wanted in ("", row.category)]
    approved = approvals(spec)
    io.out.write(f"{len(rows)} extension(s)\n")
    version = client_version.read(device.machine)
    for row in rows:
        io.out.write(f"--- {row.category}\n{_HEADING}\n{_line(row, version, row.approval in approved)}\n")
    return 0


async def kextstat(device: Device, argv: list[str], io: Io) -> int:
    """`kextstat [-b BUNDLE]`: the client's kernel extension runs before macOS 11 only."""
    match argv[1:]:
        case [] | ["-l"]:
            wanted = ""
        case ["-b", bundle] | ["-l", "-b", bundle]:
            wanted = bundle
        case _:
            return not_simulated(io, shlex.join(argv), "Use: kextstat [-l] [-b BUNDLE].")
    return _kexts(device, io, wanted, shows_heading="-l" not in argv)


async def kmutil(device: Device, argv: list[str], io: Io) -> int:
    match argv[1:]:
        case ["showloaded"]:
            return _kexts(device, io, "", shows_heading=True)
        case ["showloaded", "-b" | "--bundle-identifier", bundle]:
            return _kexts(device, io, bundle, shows_heading=True)
        case _:
            return not_simulated(io, shlex.join(argv), "Use: kmutil showloaded [-b BUNDLE].")


def _kexts(device: Device, io: Io, wanted: str, *, shows_heading: bool) -> int:
    spec = device.machine.spec
    if shows_heading:
        io.out.write(f"{_KEXT_HEADING}\n")
    names = ["com.apple.kpi.bsd"]
    if spec.installed and release_of(spec.release).extensions == "kernel":
        names.append(_KEXT)
    for index, name in enumerate(names, start=1):
        if wanted in ("", name):
            version = client_version.read(device.machine) if name == _KEXT else spec.kernel
            io.out.write(f"{index:>5}    0 0                  0          0          {name} ({version})\n")
    return 0


def _line(row: Extension, version: str, is_approved: bool) -> str:
    mark, state = ("*\t*", "activated enabled") if is_approved else ("\t*", "activated waiting for user")
    return f"{mark}\t{macos().team_id}\t{row.id} ({version}/{version})\t{row.name}\t[{state}]"
