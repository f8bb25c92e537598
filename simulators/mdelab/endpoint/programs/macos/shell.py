"""`bash`, `sh` and `zsh` on a Mac: they run the lab's own scripts, told by their marker, and nothing else."""

import shlex

from mdelab.endpoint.program import Device, Io
from mdelab.endpoint.programs.interpreters import shell as shared


async def shell(device: Device, argv: list[str], io: Io) -> int:
    """`bash -x SCRIPT` is the documented way to run the portal's script; the trace names the script only."""
    if argv[1:2] == ["-x"] and len(argv) > 2:
        io.err.write(f"+ {shlex.join(argv[2:])}\n")
        argv = [argv[0], *argv[2:]]
    return await shared(device, argv, io)
