"""`dism /Online /Get-CapabilityInfo`: whether the Defender client, a feature on demand of newer releases, is there."""

from mdelab.catalogue.windows import windows
from mdelab.endpoint.program import Device, Io
from mdelab.endpoint.programs.speech import complain, not_simulated
from mdelab.endpoint.programs.windows.environment import is_administrator
from mdelab.endpoint.programs.windows.options import take

_NEEDS_RIGHTS = 740
_UNKNOWN = 0x800F080C
_ADVICE = "Use: DISM /Online /Get-CapabilityInfo /CapabilityName:NAME, or /Online /Get-Capabilities."


async def dism(device: Device, argv: list[str], io: Io) -> int:
    known = {"online": False, "get-capabilityinfo": False, "get-capabilities": False, "capabilityname": False}
    options, rest = take(argv[1:], known, "/")
    if rest or "online" not in options or len(options.keys() & {"get-capabilityinfo", "get-capabilities"}) != 1:
        return not_simulated(io, " ".join(argv), _ADVICE)
    row, release = windows().capability, device.machine.spec.release
    io.out.write(f"\nDeployment Image Servicing and Management tool\nVersion: {release}.1\n\n")
    if not is_administrator(io):
        io.out.write("\nError: 740\n\nElevated permissions are required to run DISM.\n")
        return _NEEDS_RIGHTS
    state = "Installed" if device.machine.spec.installed else "Not Present"
    name = options.get("capabilityname", "")
    if "get-capabilities" in options:
        io.out.write(f"Capability listing:\n\nCapability Identity : {row.name}\nState : {state}\n\n")
    elif not name.rstrip("~"):
        return complain(io, "\nError: 87\n\nThe capabilityname option is missing.", 87)
    elif name.rstrip("~").lower() != row.name.rstrip("~").lower():
        io.out.write(f"\nError: 0x{_UNKNOWN:x}\n\nA Windows capability name was not recognized.\n")
        return _UNKNOWN
    else:
        io.out.write(
            f"Capability Identity : {row.name}\nName : {row.name}\nState : {state}\nDisplay Name : {row.display_name}\n"
            f"Description : {row.display_name}\n\n"
        )
    io.out.write("The operation completed successfully.\n")
    return 0
