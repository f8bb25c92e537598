"""Programs that say what the device has: df, findmnt, free, nproc, ps. Only the forms that installers and analyzers use."""

from mdelab.catalogue.platforms import platform_row
from mdelab.endpoint.machine import DEFENDER
from mdelab.endpoint.program import Device, Io
from mdelab.endpoint.programs.flags import split_flags
from mdelab.endpoint.programs.path import device_path
from mdelab.endpoint.programs.speech import complain

_DISK_MB = 40960
"""How large the device's only disk is, unless more is said to be free."""


async def nproc(device: Device, argv: list[str], io: Io) -> int:
    split_flags(argv[1:], ("--all",))
    io.out.write(f"{device.machine.spec.cores}\n")
    return 0


async def free(device: Device, argv: list[str], io: Io) -> int:
    """`free` in kibibytes, `free -m` in mebibytes."""
    flags, _ = split_flags(argv[1:], ("-m", "-k"))
    unit = 1 if "-m" in flags else 1024
    total = device.machine.spec.memory_mb * unit
    used = total // 4
    io.out.write(f"{'':15}{'total':>12}{'used':>12}{'free':>12}{'shared':>12}{'buff/cache':>12}{'available':>12}\n")
    io.out.write(f"{'Mem:':15}{total:>12}{used:>12}{total - used:>12}{0:>12}{0:>12}{total - used:>12}\n")
    io.out.write(f"{'Swap:':15}{0:>12}{0:>12}{0:>12}\n")
    return 0


async def df(device: Device, argv: list[str], io: Io) -> int:
    flags, _ = split_flags(argv[1:], ("-m", "-k"))
    unit = 1 if "-m" in flags else 1024
    available = device.machine.spec.disk_free_mb * unit
    total = max(_DISK_MB * unit, available)
    heading = "1M-blocks" if "-m" in flags else "1K-blocks"
    io.out.write(f"{'Filesystem':<14} {heading:>10} {'Used':>10} {'Available':>10} Use% Mounted on\n")
    used = total - available
    io.out.write(f"{'/dev/sda1':<14} {total:>10} {used:>10} {available:>10} {used * 100 // total:>3}% /\n")
    return 0


async def findmnt(device: Device, argv: list[str], io: Io) -> int:
    _, paths = split_flags(argv[1:], ("-T", "--target"))
    if any(not device.machine.files.exists(device_path(io, path)) for path in paths):
        return complain(io, "", 1)
    io.out.write("TARGET SOURCE    FSTYPE OPTIONS\n/      /dev/sda1 ext4   rw,relatime\n")
    return 0


async def ps(device: Device, argv: list[str], io: Io) -> int:
    """`ps -A -o pid,command`, whatever else is asked for: every process of the device."""
    split_flags([one for one in argv[1:] if "," not in one and one != "aux"], ("-A", "-e", "-f", "-o"))
    commands = ["/sbin/init"]
    for name, runs in device.machine.services().items():
        if runs:
            commands += (
                platform_row(device.machine.spec.platform).processes if name == DEFENDER else [f"/usr/sbin/{name}"]
            )
    commands += list(device.machine.spec.fanotify_users)
    io.out.write("    PID COMMAND\n" + "".join(f"{pid:>7} {command}\n" for pid, command in _numbered(commands)))
    return 0


def _numbered(commands: list[str]) -> list[tuple[int, str]]:
    return [(1 if index == 0 else 800 + index, command) for index, command in enumerate(commands)]
