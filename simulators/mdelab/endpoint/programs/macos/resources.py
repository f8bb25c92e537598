"""`df` and `ps` as a Mac prints them: what the device has free, and which processes run."""

from mdelab.catalogue.macos import approvals, macos
from mdelab.catalogue.platforms import platform_row
from mdelab.endpoint.program import Device, Io
from mdelab.endpoint.programs.flags import split_flags

_DISK_MB = 245760
"""How large the device's only disk is, unless more is said to be free."""

_UNITS = {"-m": ("1M-blocks", 1), "-k": ("1024-blocks", 1024), "": ("512-blocks", 2048)}
_FIRST_PID = 300


async def df(device: Device, argv: list[str], io: Io) -> int:
    flags, _ = split_flags(argv[1:], ("-m", "-k"))
    heading, unit = _UNITS[min(flags, default="")]
    available = device.machine.spec.disk_free_mb * unit
    total = max(_DISK_MB * unit, available)
    used = total - available
    io.out.write(f"{'Filesystem':<15} {heading:>11} {'Used':>11} {'Available':>11} Capacity  Mounted on\n")
    io.out.write(f"{'/dev/disk3s1s1':<15} {total:>11} {used:>11} {available:>11} {used * 100 // total:>7}%  /\n")
    return 0


async def ps(device: Device, argv: list[str], io: Io) -> int:
    """`ps -A -o pid,command`, whatever else is asked for: every process of the device."""
    split_flags(
        [one for one in argv[1:] if "," not in one and one not in ("aux", "ax")], ("-A", "-a", "-e", "-x", "-o")
    )
    rows = {row.service: row for row in macos().daemon}
    commands = ["/sbin/launchd"]
    for name, runs in device.machine.services().items():
        if runs:
            commands += (
                platform_row(device.machine.spec.platform).processes if name in rows else [f"/usr/local/libexec/{name}"]
            )
            if name in rows:
                approved = approvals(device.machine.spec)
                folder = "/Library/SystemExtensions"
                commands += [
                    f"{folder}/{row.id}.systemextension/Contents/MacOS/{row.id}"
                    for row in macos().extension
                    if row.approval in approved
                ]
    lines = [f"{1 if index == 0 else _FIRST_PID + index:>5} {command}\n" for index, command in enumerate(commands)]
    io.out.write("  PID COMMAND\n" + "".join(lines))
    return 0
