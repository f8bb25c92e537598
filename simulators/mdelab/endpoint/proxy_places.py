"""The places of a device where its proxy can be set: how each is read and written.

Which of them a platform has, and which one wins, is data (`mdelab.catalogue.platforms`).
"""

import json
import plistlib
import re
from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from mdelab.catalogue.platforms import platform_row
from mdelab.endpoint import environment, property_list, system_proxy
from mdelab.endpoint.files import FileTree
from mdelab.endpoint.machine import Machine
from mdelab.endpoint.registry import Registry, Value
from mdelab.endpoint.settings import AgentSettings, encode
from mdelab.endpoint.winhttp import WinHttp, write_winhttp
from mdelab.model.errors import LabError
from mdelab.model.proxy import parse_proxy

UNIT_FILE = "/lib/systemd/system/mdatp.service"

TELEMETRY_POLICY = r"HKLM\SOFTWARE\Policies\Microsoft\Windows\DataCollection"
TELEMETRY_PROXY = "TelemetryProxyServer"

_ASSIGNMENT = re.compile(r"""^\s*Environment=(?P<quote>["']?)(?P<value>.*?)(?P=quote)\s*$""")
_ENVIRONMENT_FILE = re.compile(r"^\s*EnvironmentFile=-?(?P<path>/\S+)\s*$")


@dataclass(frozen=True, slots=True)
class Place:
    """One kind of place."""

    read: Callable[[Machine, AgentSettings], str]
    """The proxy's URL as it is set there; "" for none. Raises LabError when the place cannot be read."""
    write: Callable[[Machine, str], None]
    """Set the URL, or remove it with "". Raises LabError when the place cannot be read."""


def _managed_proxy(_: Machine, settings: AgentSettings) -> str:
    return settings.proxy if "proxy" in settings.managed else ""


def _write_managed(machine: Machine, url: str) -> None:
    path, files = platform_row(machine.spec.platform).paths.managed, machine.files
    is_list = path.endswith(".plist")
    held = property_list.read_dictionary(files, path) if is_list else _json(files, path)
    cloud = held.setdefault("cloudService", {})
    if not isinstance(cloud, dict):
        raise LabError(f"cloudService in {path} is no dictionary. Correct the file before a proxy is put into it.")
    cloud.pop("proxy", None)
    if url:
        cloud["proxy"] = url
    files.write(path, plistlib.dumps(held) if is_list else json.dumps(held, indent=2).encode() + b"\n")


def _json(files: FileTree, path: str) -> dict[str, object]:
    try:
        return msgspec.json.decode(files.read(path), type=dict[str, object]) if files.exists(path) else {}
    except msgspec.DecodeError as error:
        raise LabError(f"{path} cannot be read: {error}. Correct the file before a proxy is put into it.") from error


def _local_proxy(_: Machine, settings: AgentSettings) -> str:
    return "" if "proxy" in settings.managed else settings.proxy


def _write_local(machine: Machine, url: str) -> None:
    path = platform_row(machine.spec.platform).paths.settings
    local = msgspec.json.decode(machine.files.read(path), type=AgentSettings)
    machine.files.write(path, encode(msgspec.structs.replace(local, proxy=url)), 0o600)


def _unit_proxy(machine: Machine, _: AgentSettings) -> str:
    try:
        unit = machine.files.read(UNIT_FILE).decode(errors="replace")
    except FileNotFoundError:
        return ""
    found: dict[str, str] = {}
    for line in unit.splitlines():
        if match := _ASSIGNMENT.match(line):
            found |= environment.parse(match["value"])
        elif (match := _ENVIRONMENT_FILE.match(line)) and machine.files.exists(match["path"]):
            found |= environment.parse(machine.files.read(match["path"]).decode(errors="replace"))
    return environment.proxy_in(found)


def _write_unit(machine: Machine, url: str) -> None:
    line = f'Environment="HTTPS_PROXY={url}"' if url else ""
    _set_line(machine.files, UNIT_FILE, 'Environment="HTTPS_PROXY=', line, after="[Service]")


def _environment_proxy(machine: Machine, _: AgentSettings) -> str:
    return environment.proxy_in(machine.environment)


def _write_environment(machine: Machine, url: str) -> None:
    _ENVIRONMENTS[platform_row(machine.spec.platform).environment](machine, url)


def _write_file(machine: Machine, url: str) -> None:
    line = f"HTTPS_PROXY={url}" if url else ""
    _set_line(machine.files, environment.ENVIRONMENT_FILE, "HTTPS_PROXY=", line)


def _write_system_configuration(machine: Machine, url: str) -> None:
    proxy = parse_proxy(url, where="the system proxy") if url else None
    system_proxy.set_secure_web(machine.files, proxy.host if proxy else "", proxy.port if proxy else 0)


def _write_winhttp(machine: Machine, url: str) -> None:
    write_winhttp(_registry(machine), WinHttp(url.removeprefix("http://").rstrip("/")))


_ENVIRONMENTS: dict[environment.Medium, Callable[[Machine, str], None]] = {
    "file": _write_file,
    "system-configuration": _write_system_configuration,
    "winhttp": _write_winhttp,
}


def _telemetry_proxy(machine: Machine, _: AgentSettings) -> str:
    value = _registry(machine).get(TELEMETRY_POLICY, TELEMETRY_PROXY)
    text = str(value.data).strip() if value else ""
    return text if not text or "://" in text else f"http://{text}"


def _write_telemetry(machine: Machine, url: str) -> None:
    registry = _registry(machine)
    if url:
        text = url.removeprefix("http://").rstrip("/")
        registry.set(TELEMETRY_POLICY, TELEMETRY_PROXY, Value("REG_SZ", text))
    else:
        registry.delete(TELEMETRY_POLICY, TELEMETRY_PROXY)


PLACES: dict[str, Place] = {
    "managed-settings": Place(_managed_proxy, _write_managed),
    "local-settings": Place(_local_proxy, _write_local),
    "unit": Place(_unit_proxy, _write_unit),
    "environment": Place(_environment_proxy, _write_environment),
    "telemetry-policy": Place(_telemetry_proxy, _write_telemetry),
}


def _registry(machine: Machine) -> Registry:
    if machine.registry is None:
        raise LabError(f"{machine.spec.name!r} has no registry. Use a Windows device.")
    return machine.registry


def _set_line(files: FileTree, path: str, prefix: str, line: str, after: str = "") -> None:
    """Replace the lines that begin with `prefix` by `line` (none when empty), below the line `after` when given."""
    text = files.read(path).decode(errors="replace") if files.exists(path) else ""
    lines = [kept for kept in text.splitlines() if not kept.startswith(prefix)]
    if line:
        lines.insert(lines.index(after) + 1 if after in lines else len(lines), line)
    files.write(path, ("\n".join(lines) + "\n").encode())
