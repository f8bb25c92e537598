"""Programs that say who and what the device is: whoami, hostname, ver, systeminfo."""

from mdelab.catalogue.windows import windows
from mdelab.endpoint.program import Device, Io
from mdelab.endpoint.programs.windows.environment import variables
from mdelab.endpoint.programs.windows.options import take
from mdelab.model.device import DeviceSpec


async def whoami(device: Device, argv: list[str], io: Io) -> int:
    take(argv[1:], {}, "/")
    user = variables(device, io)["USERNAME"]
    io.out.write(
        "nt authority\\system\n" if user.upper() == "SYSTEM" else f"{device.machine.spec.name}\\{user}\n".lower()
    )
    return 0


async def hostname(device: Device, argv: list[str], io: Io) -> int:
    take(argv[1:], {}, "/")
    io.out.write(f"{device.machine.spec.name}\n")
    return 0


async def ver(device: Device, argv: list[str], io: Io) -> int:
    take(argv[1:], {}, "/")
    io.out.write(f"\nMicrosoft Windows [Version {device.machine.spec.release}]\n")
    return 0


async def systeminfo(device: Device, argv: list[str], io: Io) -> int:
    take(argv[1:], {}, "/")
    spec = device.machine.spec
    rows = {
        "Host Name": spec.name.upper(),
        "OS Name": product_name(spec),
        "OS Version": f"{spec.release} N/A Build {build(spec)}",
        "OS Manufacturer": "Microsoft Corporation",
        "System Type": "ARM64-based PC" if spec.architecture == "arm64" else "x64-based PC",
        "Processor(s)": f"{spec.cores} Processor(s) Installed.",
        "Windows Directory": r"C:\Windows",
        "System Directory": r"C:\Windows\system32",
        "Total Physical Memory": f"{spec.memory_mb:,} MB",
    }
    io.out.write("\n" + "".join(f"{name + ':':<27}{value}\n" for name, value in rows.items()))
    return 0


def build(spec: DeviceSpec) -> str:
    """`19045` of release `10.0.19045`."""
    return spec.release.rpartition(".")[2]


def product_name(spec: DeviceSpec) -> str:
    """`Microsoft Windows 10 Enterprise`; servers are named by their edition alone."""
    if spec.edition.startswith("Server"):
        return f"Microsoft Windows {spec.edition}"
    number = build(spec)
    name = "Microsoft Windows 11" if number.isdigit() and int(number) >= 22000 else windows().system.name
    return f"{name} {spec.edition}".strip()
