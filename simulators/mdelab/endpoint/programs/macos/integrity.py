"""System Integrity Protection: `csrutil`, and the guard that it puts before programs which change files."""

import shlex

from mdelab.catalogue.macos import advice, is_protected, macos_text
from mdelab.endpoint.program import Device, Io, Program
from mdelab.endpoint.programs.path import device_path
from mdelab.endpoint.programs.speech import complain, not_simulated


async def csrutil(device: Device, argv: list[str], io: Io) -> int:
    match argv[1:]:
        case ["status"]:
            spec = device.machine.spec
            io.out.write(macos_text("sip_enabled" if spec.sip else "sip_disabled") + "\n")
            # The real tool does not say so; the lab does, beside the output, because the seed recommends otherwise.
            io.err.write("".join(f"{row.text}\n" for row in advice(spec)))
            return 0
        case ["enable" | "disable" | "clear", *_]:
            return complain(io, macos_text("sip_needs_recovery"))
        case _:
            return not_simulated(io, shlex.join(argv), "Use: csrutil status|enable|disable.")


def guarded(program: Program, *, reads_first: bool = False) -> Program:
    """`program`, which System Integrity Protection keeps from changing the system's own folders.

    reads_first: whether all paths but the last are only read, as with `cp`.
    """

    async def run(device: Device, argv: list[str], io: Io) -> int:
        names = [one for one in argv[1:] if not one.startswith("-")]
        changed = names[-1:] if reads_first else names
        for name in changed:
            if device.machine.spec.sip and is_protected(device_path(io, name)):
                return complain(io, f"{argv[0]}: {name}: {macos_text('not_permitted')}")
        return await program(device, argv, io)

    return run
