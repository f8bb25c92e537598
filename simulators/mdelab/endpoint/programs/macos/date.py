"""`date`: the device's time, or a date in another form, as scripts that read `mdatp health` turn it."""

import shlex
from datetime import UTC, datetime

from mdelab.endpoint.program import Device, Io
from mdelab.endpoint.programs.speech import complain, not_simulated

_PLAIN = "%a %b %e %H:%M:%S UTC %Y"


async def date(device: Device, argv: list[str], io: Io) -> int:
    """BSD's: `-j -f FORM VALUE` reads a date instead of asking the clock. A device's time zone is UTC."""
    match [word for word in argv[1:] if word != "-u"]:
        case []:
            now, form = device.tenant.clock.now(), _PLAIN
        case [shown] if shown.startswith("+"):
            now, form = device.tenant.clock.now(), shown[1:]
        case ["-j", "-f", read, value, shown] if shown.startswith("+"):
            try:
                now, form = datetime.strptime(value, read).replace(tzinfo=UTC), shown[1:]
            except ValueError:
                return complain(
                    io, f"Failed conversion of ``{value}'' using format ``{read}''\ndate: illegal time format"
                )
        case _:
            return not_simulated(io, shlex.join(argv), "Use: date [-u] [-j -f FORM VALUE] [+FORM].")
    io.out.write(f"{now:{form}}\n")
    return 0
