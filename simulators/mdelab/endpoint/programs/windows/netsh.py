"""`netsh winhttp show|set|reset proxy`: the system proxy, which every service of the device uses."""

from mdelab.endpoint.program import Device, Io
from mdelab.endpoint.programs.speech import complain, not_simulated
from mdelab.endpoint.programs.windows.environment import is_administrator
from mdelab.endpoint.programs.windows.registry_of import registry_of
from mdelab.endpoint.winhttp import WinHttp, read_winhttp, write_winhttp

_NAMES = ("proxy-server", "bypass-list")


async def netsh(device: Device, argv: list[str], io: Io) -> int:
    registry = registry_of(device)
    match [word.lower() for word in argv[1:4]]:
        case ["winhttp", "show", "proxy"] if len(argv) == 4:
            pass
        case ["winhttp", "reset", "proxy"] if len(argv) == 4:
            if not is_administrator(io):
                return _denied(io)
            write_winhttp(registry, WinHttp())
        case ["winhttp", "set", "proxy"] if 5 <= len(argv) <= 6:
            given = dict(zip(_NAMES, [""] * 2, strict=True))
            for name, word in zip(_NAMES, argv[4:], strict=False):
                key, mark, value = word.partition("=")
                is_named = bool(mark) and key.lower() in _NAMES
                given[key.lower() if is_named else name] = value if is_named else word
            if not given["proxy-server"]:
                return complain(io, "\nThe following command was not found or has no proxy-server: winhttp set proxy.")
            if not is_administrator(io):
                return _denied(io)
            write_winhttp(registry, WinHttp(given["proxy-server"], given["bypass-list"]))
        case _:
            return not_simulated(
                io, " ".join(argv), "Use: netsh winhttp show|reset proxy, or set proxy HOST:PORT [BYPASS]."
            )
    held = read_winhttp(registry)
    if held.proxy:
        text = f"    Proxy Server(s) :  {held.proxy}\n    Bypass List     :  {held.bypass or '(none)'}\n"
    else:
        text = "    Direct access (no proxy server).\n"
    io.out.write(f"\nCurrent WinHTTP proxy settings:\n\n{text}\n")
    return 0


def _denied(io: Io) -> int:
    return complain(io, "\nError writing proxy settings. (5) Access is denied.\n")
