"""`sw_vers`, `uname` and `sysctl`: which macOS the device runs, and on what."""

from mdelab.catalogue.macos import Release, release_of
from mdelab.catalogue.platforms import platform_row
from mdelab.endpoint.program import Device, Io
from mdelab.endpoint.programs.flags import split_flags
from mdelab.endpoint.programs.speech import complain, not_simulated
from mdelab.model.device import DeviceSpec

_MACHINES = {"x64": "x86_64", "arm64": "arm64"}
_PROCESSORS = {"x64": "i386", "arm64": "arm"}


def build_of(spec: DeviceSpec) -> str:
    """The build number; that of a beta ends in a small letter. Raises LabError for an unknown release."""
    row = release_of(spec.release)
    return row.beta_build if spec.beta else row.build


async def sw_vers(device: Device, argv: list[str], io: Io) -> int:
    spec = device.machine.spec
    shown = {
        "productName": "macOS" if not spec.release.startswith("10.") else "Mac OS X",
        "productVersion": spec.release,
        "buildVersion": build_of(spec),
    }
    asked = [one.lstrip("-") for one in argv[1:]]
    if any(one not in shown for one in asked) or len(asked) > 1:
        return not_simulated(io, " ".join(argv), "Use: sw_vers [-productName|-productVersion|-buildVersion].")
    if asked:
        io.out.write(f"{shown[asked[0]]}\n")
    else:
        io.out.write("".join(f"{name[0].upper()}{name[1:]}:\t\t{value}\n" for name, value in shown.items()))
    return 0


async def uname(device: Device, argv: list[str], io: Io) -> int:
    spec = device.machine.spec
    kernel = _kernel(spec, release_of(spec.release))
    flags, _ = split_flags(argv[1:], ("-a", "-s", "-n", "-r", "-v", "-m", "-p"))
    machine = _MACHINES[spec.architecture]
    parts = {
        "-s": "Darwin",
        "-n": spec.name,
        "-r": kernel,
        "-v": f"Darwin Kernel Version {kernel}: root:xnu/RELEASE_{machine.upper()}",
        "-m": machine,
    }
    if "-p" in flags:
        parts["-p"] = _PROCESSORS[spec.architecture]
    asked = flags or {"-s"}
    io.out.write(" ".join(text for flag, text in parts.items() if "-a" in asked or flag in asked) + "\n")
    return 0


async def sysctl(device: Device, argv: list[str], io: Io) -> int:
    """`sysctl [-n] NAME...` for what installers ask for."""
    spec = device.machine.spec
    flags, names = split_flags(argv[1:], ("-n",))
    known = {
        "hw.ncpu": str(spec.cores),
        "hw.memsize": str(spec.memory_mb * 1024 * 1024),
        "hw.machine": _MACHINES[spec.architecture],
        "hw.optional.arm64": "1" if spec.architecture == "arm64" else "0",
        "kern.osproductversion": spec.release,
        "kern.osversion": build_of(spec),
        "kern.osrelease": _kernel(spec, release_of(spec.release)),
    }
    if not names:
        return not_simulated(io, " ".join(argv), f"Use: sysctl [-n] NAME with one of {', '.join(known)}.")
    for name in names:
        if name not in known:
            if name.partition(".")[0] in ("hw", "kern", "vm", "net", "machdep"):
                return not_simulated(io, f"sysctl {name}", f"Use one of {', '.join(known)}.")
            return complain(io, f"sysctl: unknown oid '{name}'")
        io.out.write(f"{known[name]}\n" if "-n" in flags else f"{name}: {known[name]}\n")
    return 0


def _kernel(spec: DeviceSpec, row: Release) -> str:
    """What was asked for; where that is only the platform's default, the release's own."""
    return row.darwin if spec.kernel in ("", platform_row(spec.platform).kernel) else spec.kernel
