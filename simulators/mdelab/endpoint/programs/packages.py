"""`dpkg` and `rpm`: whether the client is installed, as installers ask for it."""

from mdelab.endpoint import client_version
from mdelab.endpoint.machine import DEFENDER
from mdelab.endpoint.program import Device, Io
from mdelab.endpoint.programs.speech import complain, not_simulated

_ARCHITECTURES = {"dpkg": {"x64": "amd64", "arm64": "arm64"}, "rpm": {"x64": "x86_64", "arm64": "aarch64"}}


async def dpkg(device: Device, argv: list[str], io: Io) -> int:
    if len(argv) != 3 or argv[1] not in ("-s", "--status"):
        return not_simulated(io, " ".join(argv), "Use: dpkg -s NAME.")
    if not _has(device, argv[2]):
        return complain(io, f"dpkg-query: package '{argv[2]}' is not installed and no information is available")
    architecture = _ARCHITECTURES["dpkg"][device.machine.spec.architecture]
    io.out.write(
        f"Package: {argv[2]}\nStatus: install ok installed\nPriority: optional\nSection: devel\n"
        f"Maintainer: mdelab, simulated\nArchitecture: {architecture}\nVersion: {client_version.read(device.machine)}\n"
        "Description: Microsoft Defender for Endpoint\n"
    )
    return 0


async def rpm(device: Device, argv: list[str], io: Io) -> int:
    flags = [one for one in argv[1:] if one.startswith("-")]
    names = [one for one in argv[1:] if not one.startswith("-")]
    is_quiet = "--quiet" in flags
    flags = [flag for flag in flags if flag != "--quiet"]
    if len(names) != 1 or flags not in (["-q"], ["--query"], ["-qi"]):
        return not_simulated(io, " ".join(argv), "Use: rpm -q NAME or rpm -qi NAME.")
    if not _has(device, names[0]):
        if not is_quiet:
            io.out.write(f"package {names[0]} is not installed\n")
        return 1
    version = client_version.read(device.machine)
    architecture = _ARCHITECTURES["rpm"][device.machine.spec.architecture]
    if is_quiet:
        return 0
    if flags == ["-qi"]:
        io.out.write(
            f"Name        : {names[0]}\nVersion     : {version}\nRelease     : 1\nArchitecture: {architecture}\n"
        )
    else:
        io.out.write(f"{names[0]}-{version}-1.{architecture}\n")
    return 0


def _has(device: Device, name: str) -> bool:
    return name == DEFENDER and device.machine.spec.installed
