"""`timeout` and `ping 127.0.0.1`: how scripts wait. The time that passes is the tenant's."""

from datetime import timedelta

from mdelab.endpoint.program import Device, Io
from mdelab.endpoint.programs.speech import complain, not_simulated
from mdelab.endpoint.programs.windows.options import take

_MOST_S = 99_999
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


async def timeout(device: Device, argv: list[str], io: Io) -> int:
    """Nobody presses a key, so it waits to its end."""
    options, rest = take(argv[1:], {"t": True, "nobreak": False}, "/")
    words = [options["t"]] if "t" in options else rest
    if len(words) != 1 or not words[0].isdigit() or int(words[0]) > _MOST_S:
        return complain(io, f"ERROR: Invalid value for timeout (/T) specified. Valid range is -1 to {_MOST_S}.")
    seconds = int(words[0])
    if seconds:
        await device.sleep(timedelta(seconds=seconds))
    io.out.write(f"\nWaiting for {seconds} seconds ...\n")
    return 0


async def ping(device: Device, argv: list[str], io: Io) -> int:
    """The machine itself only: what a script without `timeout` waits with. One second lies between two echoes."""
    options, rest = take(argv[1:], {"n": True, "w": True, "4": False, "6": False})
    count = options.get("n", "4")
    if len(rest) != 1 or rest[0].lower() not in _LOOPBACK:
        return not_simulated(io, " ".join(argv), "Echoes go to 127.0.0.1 only; ask a host of the lab with curl.exe.")
    if not count.isdigit() or not 1 <= int(count) <= _MOST_S:
        return complain(io, f"Bad value for option -n, valid range is from 1 to {_MOST_S}.")
    if int(count) > 1:
        await device.sleep(timedelta(seconds=int(count) - 1))
    io.out.write(f"\nPinging {rest[0]} with 32 bytes of data:\n")
    io.out.write(f"Reply from {rest[0]}: bytes=32 time<1ms TTL=128\n" * int(count))
    return 0
