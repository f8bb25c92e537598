"""`sudo`: runs the rest. Everyone on a lab device is root, so what it changes is the environment: it drops the caller's."""

from mdelab.endpoint.program import Device, Io
from mdelab.endpoint.programs.speech import complain, not_simulated


async def sudo(device: Device, argv: list[str], io: Io) -> int:
    rest, keeps = list(argv[1:]), False
    while rest and rest[0].startswith("-"):
        option = rest.pop(0)
        match option:
            case "-E" | "--preserve-env":
                keeps = True
            case "-n" | "-H" | "--":
                pass
            case "-u" | "--user":
                if rest and rest.pop(0) != "root":
                    return not_simulated(io, f"sudo {option} of another user than root", "Run it as root.")
            case _:
                return not_simulated(io, f"sudo {option}", "Use sudo with a command, -E, -n, -H or -u root.")
    variables = dict(io.env) if keeps else dict(device.machine.environment)
    while rest and "=" in rest[0]:
        name, _, value = rest.pop(0).partition("=")
        variables[name] = value
    if not rest:
        return complain(
            io, "usage: sudo -h | -K | -k | -V\nusage: sudo [-EHn] [-u user] [VAR=value] [command [arg ...]]"
        )
    inner = Io(stdin=io.stdin, env=variables, cwd=io.cwd, out=io.out, err=io.err, not_simulated=io.not_simulated)
    return await device.run(rest, io=inner)
