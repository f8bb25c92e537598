"""`mdatp`: the client's command line on Linux and macOS. Each noun has a file; this one reads the line and calls it.

Facts: texts, properties and left-out commands are `mdelab.catalogue.mdatp`, the fields of `health` are
`mdelab.catalogue.health`.
"""

from mdelab.catalogue.health import health as health_catalogue
from mdelab.catalogue.mdatp import mdatp as mdatp_catalogue
from mdelab.endpoint.health import has_licence
from mdelab.endpoint.machine import DEFENDER
from mdelab.endpoint.program import Device, Io
from mdelab.endpoint.programs.mdatp import (
    config,
    connectivity,
    definitions,
    diagnostic,
    edr,
    exclusion,
    health,
    log,
    quarantine,
    scan,
    threat,
)
from mdelab.endpoint.programs.mdatp.call import FAILED, Call, Command, UnknownWord, WrongUsage, read_line
from mdelab.endpoint.programs.mdatp.facts import gather
from mdelab.endpoint.programs.speech import not_simulated

COMMANDS: dict[str, Command] = {
    **health.COMMANDS,
    **connectivity.COMMANDS,
    **edr.COMMANDS,
    **config.COMMANDS,
    **threat.COMMANDS,
    **quarantine.COMMANDS,
    **scan.COMMANDS,
    **definitions.COMMANDS,
    **diagnostic.COMMANDS,
    **exclusion.COMMANDS,
    **log.COMMANDS,
}


async def mdatp(device: Device, argv: list[str], io: Io) -> int:
    """Run one command line. Exit code 0, or 1 when it failed, was wrong, or the service is stopped."""
    if not device.machine.services().get(DEFENDER, False):
        io.out.write(health_catalogue().daemon_down.text + "\n")
        return FAILED
    if not has_licence(gather(device)):
        io.out.write(health_catalogue().banner.text + "\n")
    left_out = next((row for row in mdatp_catalogue().missing if _begins(argv[1:], row.command.split())), None)
    if left_out is not None:
        return not_simulated(
            io, f"mdatp {left_out.command}", "Use another command, or see `mdatp` for those there are."
        )
    try:
        line = read_line(COMMANDS, argv[1:])
    except WrongUsage as wrong:
        io.out.write(f"{wrong}\n")
        if isinstance(wrong, UnknownWord):
            not_simulated(
                io, " ".join(argv), "If the real client has it, the lab's has not: see `mdatp` for what there is."
            )
        return FAILED
    call = Call(device=device, io=io, options=line.options, words=line.words, as_json=line.as_json)
    return await line.command.run(call)


def _begins(arguments: list[str], words: list[str]) -> bool:
    return arguments[: len(words)] == words
