"""`scutil --proxy` and `networksetup`: the proxy of the Mac's network service."""

import shlex
from collections.abc import Callable
from dataclasses import replace

from mdelab.endpoint import system_proxy
from mdelab.endpoint.program import Device, Io
from mdelab.endpoint.programs.caller import user_of
from mdelab.endpoint.programs.macos.users import administrators
from mdelab.endpoint.programs.speech import complain, not_simulated
from mdelab.endpoint.system_proxy import SERVICE, Fixed, SystemProxy

_BAD_PARAMETER = 4
_NEEDS_ADMIN = 14
_USE = (
    "Use: networksetup -listallnetworkservices, -getwebproxy|-getsecurewebproxy|-getautoproxyurl|-getproxyautodiscovery|"
    "-getproxybypassdomains SERVICE, or the -set... form of each."
)


async def scutil(device: Device, argv: list[str], io: Io) -> int:
    match argv[1:]:
        case ["--proxy"]:
            io.out.write(_dictionary(system_proxy.as_keys(system_proxy.read(device.machine.files))))
            return 0
        case ["--get", "ComputerName" | "LocalHostName" | "HostName"]:
            io.out.write(f"{device.machine.spec.name}\n")
            return 0
        case ["--dns"]:
            host = device.machine.attachment.resolver[0]
            io.out.write(f"DNS configuration\n\nresolver #1\n  nameserver[0] : {host}\n")
            return 0
        case _:
            return not_simulated(io, shlex.join(argv), "Use: scutil --proxy, --dns or --get ComputerName.")


async def networksetup(device: Device, argv: list[str], io: Io) -> int:
    match argv[1:]:
        case ["-listallnetworkservices"]:
            io.out.write(
                f"An asterisk (*) denotes that a network service is disabled.\n{SERVICE}\n",
            )
            return 0
        case [action, service, *values] if action in _GET or action in _SET:
            if service != SERVICE:
                return complain(io, f"** Error: The parameters were not valid: there is no service {service!r}.", 4)
            if action in _GET:
                io.out.write(_GET[action](system_proxy.read(device.machine.files)))
                return 0
            return _set(device, io, action, values)
        case _:
            return not_simulated(io, shlex.join(argv), _USE)


def _set(device: Device, io: Io, action: str, values: list[str]) -> int:
    if user_of(io) not in administrators(device):
        return complain(io, "** Error: Command requires admin privileges.", _NEEDS_ADMIN)
    files = device.machine.files
    try:
        changed = _SET[action](system_proxy.read(files), values)
    except ValueError as error:
        return complain(io, f"** Error: The parameters were not valid: {error}.", _BAD_PARAMETER)
    system_proxy.write(files, changed)
    return 0


def _show_fixed(fixed: Fixed) -> str:
    return (
        f"Enabled: {'Yes' if fixed.is_on else 'No'}\nServer: {fixed.host}\nPort: {fixed.port}\n"
        "Authenticated Proxy Enabled: 0\n"
    )


def _read_fixed(values: list[str]) -> Fixed:
    """`HOST PORT`, `HOST PORT off`. Raises ValueError."""
    if len(values) == 3 and values[2] == "off":
        values = values[:2]
    if len(values) > 2:
        # on USER PASSWORD: an authenticated proxy, which the client does not support (seed 002 line 121).
        raise ValueError("a proxy with a user name is not supported by this lab's Mac: give HOST and PORT only")
    if len(values) != 2:
        raise ValueError("give HOST and PORT")
    host, port = values
    if not host or not port.isascii() or not port.isdigit() or not 0 < int(port) < 65536:
        raise ValueError(f"{port!r} is not a port")
    return Fixed(host=host, port=int(port), is_on=True)


def _one(values: list[str], known: tuple[str, ...] = ()) -> str:
    if len(values) != 1 or (known and values[0] not in known):
        raise ValueError(f"give one of {', '.join(known)}" if known else "give one value")
    return values[0]


def _switch(values: list[str]) -> bool:
    return _one(values, ("on", "off")) == "on"


def _bypass(values: list[str]) -> tuple[str, ...]:
    return () if values in ([""], ["Empty"]) else tuple(values)


_GET: dict[str, Callable[[SystemProxy], str]] = {
    "-getwebproxy": lambda proxy: _show_fixed(proxy.web),
    "-getsecurewebproxy": lambda proxy: _show_fixed(proxy.secure_web),
    "-getautoproxyurl": lambda proxy: (
        f"URL: {proxy.pac_url or '(null)'}\nEnabled: {'Yes' if proxy.pac_is_on else 'No'}\n"
    ),
    "-getproxyautodiscovery": lambda proxy: f"Auto Proxy Discovery: {'On' if proxy.discovery_is_on else 'Off'}\n",
    "-getproxybypassdomains": lambda proxy: (
        "".join(f"{one}\n" for one in proxy.bypass) or f"There aren't any bypass domains set on {SERVICE}.\n"
    ),
}

_SET: dict[str, Callable[[SystemProxy, list[str]], SystemProxy]] = {
    "-setwebproxy": lambda proxy, values: replace(proxy, web=_read_fixed(values)),
    "-setsecurewebproxy": lambda proxy, values: replace(proxy, secure_web=_read_fixed(values)),
    "-setwebproxystate": lambda proxy, values: replace(proxy, web=replace(proxy.web, is_on=_switch(values))),
    "-setsecurewebproxystate": lambda proxy, values: replace(
        proxy, secure_web=replace(proxy.secure_web, is_on=_switch(values))
    ),
    "-setautoproxyurl": lambda proxy, values: replace(proxy, pac_url=_one(values), pac_is_on=True),
    "-setautoproxystate": lambda proxy, values: replace(proxy, pac_is_on=_switch(values)),
    "-setproxyautodiscovery": lambda proxy, values: replace(proxy, discovery_is_on=_switch(values)),
    "-setproxybypassdomains": lambda proxy, values: replace(proxy, bypass=_bypass(values)),
}


def _dictionary(keys: dict[str, object]) -> str:
    """As SystemConfiguration prints one: keys in order, lists numbered."""
    lines = ["<dictionary> {"]
    for key in sorted(keys):
        value = keys[key]
        if isinstance(value, list):
            lines.append(f"  {key} : <array> {{")
            lines += [f"    {index} : {one}" for index, one in enumerate(value)]
            lines.append("  }")
        else:
            lines.append(f"  {key} : {value}")
    return "\n".join([*lines, "}"]) + "\n"
