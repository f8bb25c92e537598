"""The places of a device where a route can be set: how each is read and written.

Which of them a platform has, and which one wins, is data (`mdelab.catalogue.platforms`). Windows' own are
`mdelab.endpoint.windows_proxy_places`.
"""

import json
import plistlib
import re
from collections.abc import Callable
from dataclasses import dataclass, replace

import msgspec

from mdelab.catalogue.platforms import platform_row
from mdelab.endpoint import environment, property_list, system_proxy
from mdelab.endpoint.files import FileTree
from mdelab.endpoint.held import Held
from mdelab.endpoint.machine import Machine
from mdelab.endpoint.settings import AgentSettings, encode
from mdelab.endpoint.windows_proxy_places import (
    read_autoproxy,
    read_telemetry,
    read_user_pac,
    read_user_proxy,
    read_winhttp_proxy,
    write_autoproxy,
    write_telemetry,
    write_user_pac,
    write_user_proxy,
    write_winhttp_proxy,
)
from mdelab.model.errors import LabError
from mdelab.model.proxy import Proxy

UNIT_FILE = "/lib/systemd/system/mdatp.service"

_ASSIGNMENT = re.compile(r"""^\s*Environment=(?P<quote>["']?)(?P<value>.*?)(?P=quote)\s*$""")
_ENVIRONMENT_FILE = re.compile(r"^\s*EnvironmentFile=-?(?P<path>/\S+)\s*$")


@dataclass(frozen=True, slots=True)
class FixedPlace:
    """Where a proxy is set by its address."""

    read: Callable[[Machine, AgentSettings], Held | None]
    """As it is set there; None when it is not. Raises LabError when the place cannot be read."""
    write: Callable[[Machine, Proxy | None, tuple[str, ...]], None]
    """Set proxy and bypass list, or remove both with None. Raises LabError when the place cannot be read."""


@dataclass(frozen=True, slots=True)
class PacPlace:
    """Where a PAC file is set by its URL."""

    read: Callable[[Machine], str]
    """"" for none. Raises LabError."""
    write: Callable[[Machine, str], None]


@dataclass(frozen=True, slots=True)
class Switch:
    """Whether a device looks for a PAC file by itself."""

    read: Callable[[Machine], bool | None]
    """None when nobody has decided, which is on where the platform has that as its default. Raises LabError."""
    write: Callable[[Machine, bool | None], None]


def _managed_proxy(_: Machine, settings: AgentSettings) -> Held | None:
    return Held(settings.proxy) if "proxy" in settings.managed else None


def _write_managed(machine: Machine, proxy: Proxy | None, _: tuple[str, ...]) -> None:
    path, files = platform_row(machine.spec.platform).paths.managed, machine.files
    is_list = path.endswith(".plist")
    held = property_list.read_dictionary(files, path) if is_list else _json(files, path)
    cloud = held.setdefault("cloudService", {})
    if not isinstance(cloud, dict):
        raise LabError(f"cloudService in {path} is no dictionary. Correct the file before a proxy is put into it.")
    cloud.pop("proxy", None)
    if proxy:
        cloud["proxy"] = str(proxy)
    files.write(path, plistlib.dumps(held) if is_list else json.dumps(held, indent=2).encode() + b"\n")


def _json(files: FileTree, path: str) -> dict[str, object]:
    try:
        return msgspec.json.decode(files.read(path), type=dict[str, object]) if files.exists(path) else {}
    except msgspec.DecodeError as error:
        raise LabError(f"{path} cannot be read: {error}. Correct the file before a proxy is put into it.") from error


def _local_proxy(_: Machine, settings: AgentSettings) -> Held | None:
    return Held(settings.proxy) if settings.proxy and "proxy" not in settings.managed else None


def _write_local(machine: Machine, proxy: Proxy | None, _: tuple[str, ...]) -> None:
    path = platform_row(machine.spec.platform).paths.settings
    local = msgspec.json.decode(machine.files.read(path), type=AgentSettings)
    changed = msgspec.structs.replace(local, proxy=str(proxy) if proxy else "")
    machine.files.write(path, encode(changed), 0o600)


def _unit_proxy(machine: Machine, _: AgentSettings) -> Held | None:
    try:
        unit = machine.files.read(UNIT_FILE).decode(errors="replace")
    except FileNotFoundError:
        return None
    found: dict[str, str] = {}
    for line in unit.splitlines():
        if match := _ASSIGNMENT.match(line):
            found |= environment.parse(match["value"])
        elif (match := _ENVIRONMENT_FILE.match(line)) and machine.files.exists(match["path"]):
            found |= environment.parse(machine.files.read(match["path"]).decode(errors="replace"))
    return environment.held_in(found)


def _write_unit(machine: Machine, proxy: Proxy | None, bypass: tuple[str, ...]) -> None:
    lines = {"HTTPS_PROXY": str(proxy) if proxy else "", "NO_PROXY": ",".join(bypass) if proxy else ""}
    for name, value in lines.items():
        line = f'Environment="{name}={value}"' if value else ""
        _set_line(machine.files, UNIT_FILE, f'Environment="{name}=', line, after="[Service]")


def _environment_proxy(machine: Machine, _: AgentSettings) -> Held | None:
    return _MEDIA[platform_row(machine.spec.platform).environment][0](machine)


def _write_environment(machine: Machine, proxy: Proxy | None, bypass: tuple[str, ...]) -> None:
    _MEDIA[platform_row(machine.spec.platform).environment][1](machine, proxy, bypass)


def _read_file(machine: Machine) -> Held | None:
    return environment.held_in(machine.environment)


def _write_file(machine: Machine, proxy: Proxy | None, bypass: tuple[str, ...]) -> None:
    _set_variable(machine.files, "HTTPS_PROXY", str(proxy) if proxy else "")
    _set_variable(machine.files, "NO_PROXY", ",".join(bypass) if proxy else "")


def _read_system_configuration(machine: Machine) -> Held | None:
    proxy = system_proxy.read(machine.files)
    fixed = proxy.secure_web
    if not fixed.is_on:
        return None
    return Held(f"http://{fixed.host}:{fixed.port}" if fixed.host else "", proxy.bypass)


def _write_system_configuration(machine: Machine, proxy: Proxy | None, bypass: tuple[str, ...]) -> None:
    system_proxy.set_secure_web(machine.files, proxy.host if proxy else "", proxy.port if proxy else 0)
    system_proxy.write(machine.files, replace(system_proxy.read(machine.files), bypass=bypass if proxy else ()))


_MEDIA: dict[
    environment.Medium,
    tuple[Callable[[Machine], Held | None], Callable[[Machine, Proxy | None, tuple[str, ...]], None]],
] = {
    "file": (_read_file, _write_file),
    "system-configuration": (_read_system_configuration, _write_system_configuration),
    "winhttp": (read_winhttp_proxy, write_winhttp_proxy),
}
"""Where the setting lies that every program of the device sees."""


def _environment_pac(machine: Machine) -> str:
    return machine.environment.get("auto_proxy", "")


def _write_environment_pac(machine: Machine, url: str) -> None:
    _set_variable(machine.files, "auto_proxy", url)


def _system_pac(machine: Machine) -> str:
    proxy = system_proxy.read(machine.files)
    return proxy.pac_url if proxy.pac_is_on else ""


def _write_system_pac(machine: Machine, url: str) -> None:
    held = system_proxy.read(machine.files)
    system_proxy.write(machine.files, replace(held, pac_url=url, pac_is_on=bool(url)))


def _system_discovery(machine: Machine) -> bool | None:
    return system_proxy.read(machine.files).discovery_is_on


def _write_system_discovery(machine: Machine, is_on: bool | None) -> None:
    system_proxy.write(machine.files, replace(system_proxy.read(machine.files), discovery_is_on=bool(is_on)))


FIXED: dict[str, FixedPlace] = {
    "managed-settings": FixedPlace(_managed_proxy, _write_managed),
    "local-settings": FixedPlace(_local_proxy, _write_local),
    "unit": FixedPlace(_unit_proxy, _write_unit),
    "environment": FixedPlace(_environment_proxy, _write_environment),
    "telemetry-policy": FixedPlace(read_telemetry, write_telemetry),
    "user-proxy": FixedPlace(read_user_proxy, write_user_proxy),
}
PAC: dict[str, PacPlace] = {
    "environment-pac": PacPlace(_environment_pac, _write_environment_pac),
    "system-pac": PacPlace(_system_pac, _write_system_pac),
    "user-pac": PacPlace(read_user_pac, write_user_pac),
}
SWITCHES: dict[str, Switch] = {
    "system-discovery": Switch(_system_discovery, _write_system_discovery),
    "autoproxy-service": Switch(read_autoproxy, write_autoproxy),
}


def _set_variable(files: FileTree, name: str, value: str) -> None:
    _set_line(files, environment.ENVIRONMENT_FILE, f"{name}=", f"{name}={value}" if value else "")


def _set_line(files: FileTree, path: str, prefix: str, line: str, after: str = "") -> None:
    """Replace the lines that begin with `prefix` by `line` (none when empty), below the line `after` when given."""
    text = files.read(path).decode(errors="replace") if files.exists(path) else ""
    lines = [kept for kept in text.splitlines() if not kept.startswith(prefix)]
    if line:
        lines.insert(lines.index(after) + 1 if after in lines else len(lines), line)
    if lines or text:
        files.write(path, ("\n".join(lines) + "\n").encode())
