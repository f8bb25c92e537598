"""The files of a Linux device as it is when it is made: system files, the OS store, the client's folders, its proxy.

What is there already stays: a device that is started again keeps what happened to it.
"""

import json
from datetime import datetime
from pathlib import Path

import msgspec

from mdelab.catalogue.distributions import distribution
from mdelab.endpoint.files import FileTree
from mdelab.endpoint.log import CORE_LOG, INSTALL_LOG
from mdelab.endpoint.machine import ENVIRONMENT_FILE, Machine
from mdelab.endpoint.route import UNIT_FILE
from mdelab.endpoint.settings import MANAGED_FILE, SETTINGS_FILE, AgentSettings, encode
from mdelab.model.device import DeviceSpec, ProxySource
from mdelab.model.errors import LabError
from mdelab.model.route import parse_proxy

OS_STORE = "/etc/ssl/certs/ca-certificates.crt"

_FOLDERS = (
    "/etc/opt/microsoft/mdatp/managed",
    "/opt/microsoft/mdatp/sbin",
    "/var/opt/microsoft/mdatp/quarantine",
    "/var/log/microsoft/mdatp/rotated",
    "/tmp",
    "/root",
    "/home",
)

_UNIT = """[Unit]
Description=Microsoft Defender for Endpoint
After=network.target

[Service]
Type=simple
ExecStart=/opt/microsoft/mdatp/sbin/wdavdaemon
Restart=always

[Install]
WantedBy=multi-user.target
"""


def lay_out(machine: Machine, now: datetime) -> None:
    """Make the device's files. Raises LabError for a distribution or a hop that the lab does not know."""
    spec, files = machine.spec, machine.files
    row = distribution(spec.distribution)
    _put(
        files,
        "/etc/os-release",
        f'PRETTY_NAME="{row.pretty.format(release=spec.release)}"\nNAME="{row.name}"\nVERSION_ID="{spec.release}"\n'
        f'VERSION="{spec.release}"\nID={row.id}\n' + (f'ID_LIKE="{row.id_like}"\n' if row.id_like else ""),
    )
    _put(files, "/etc/hostname", f"{spec.name}\n")
    _put(files, "/etc/resolv.conf", f"nameserver {machine.attachment.resolver[0]}\n")
    _put(files, "/etc/environment", 'PATH="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"\n')
    for folder in _FOLDERS:
        files.make_folder(folder)
    if spec.installed:
        _put(files, UNIT_FILE, _UNIT)
        _put(files, INSTALL_LOG, f"[{now:%Y-%m-%d %H:%M:%S}] Release ring: Production\n")
        _put(files, CORE_LOG, "")
        local = AgentSettings(real_time_protection=not spec.passive, passive_mode=spec.passive)
        if not files.exists(SETTINGS_FILE):
            files.write(SETTINGS_FILE, encode(local), 0o600)
    write_store(machine)
    if spec.proxy:
        write_proxy(machine, spec.proxy, spec.proxy_source)


def write_store(machine: Machine) -> None:
    """Fill the OS store anew: the public roots, and the CAs that an administrator has added. Raises LabError."""
    cas = machine.attachment.interception_cas
    for name in machine.spec.trusts:
        if name not in cas:
            known = ", ".join(sorted(cas)) or "none in this tenant"
            raise LabError(
                f"{machine.spec.name!r} cannot trust the CA of {name!r}: no such inspecting hop. Known: {known}."
            )
    pems = [machine.attachment.public_roots, *(cas[name] for name in machine.spec.trusts)]
    machine.files.write(OS_STORE, b"".join(_pem(path) for path in pems))


def check_proxy(machine: Machine, proxy: str) -> str:
    """`proxy` (a hop's name, or http://host:port) as a URL; "" stays "". Raises LabError."""
    if not proxy:
        return ""
    known = machine.attachment.proxies
    if proxy in known:
        return known[proxy]
    if "://" not in proxy:
        hops = ", ".join(sorted(known)) or "none in this tenant"
        raise LabError(
            f"{machine.spec.name!r} cannot use the proxy {proxy!r}: no hop has that name. "
            f"Known hops: {hops}; or write http://HOST:PORT."
        )
    return str(parse_proxy(proxy, where=f"the proxy of {machine.spec.name!r}"))


def write_proxy(machine: Machine, proxy: str, source: ProxySource) -> None:
    """Set the proxy at one of the four places, or remove it from there with "". Raises LabError."""
    url = check_proxy(machine, proxy)
    files = machine.files
    match source:
        case "environment":
            _set_line(files, ENVIRONMENT_FILE, "HTTPS_PROXY=", f"HTTPS_PROXY={url}" if url else "")
        case "service":
            line = f'Environment="HTTPS_PROXY={url}"' if url else ""
            _set_line(files, UNIT_FILE, 'Environment="HTTPS_PROXY=', line, after="[Service]")
        case "managed":
            managed = json.loads(files.read(MANAGED_FILE)) if files.exists(MANAGED_FILE) else {}
            managed.setdefault("cloudService", {}).pop("proxy", None)
            if url:
                managed["cloudService"]["proxy"] = url
            files.write(MANAGED_FILE, json.dumps(managed, indent=2).encode() + b"\n")
        case "mdatp":
            local = msgspec.json.decode(files.read(SETTINGS_FILE), type=AgentSettings)
            files.write(SETTINGS_FILE, encode(msgspec.structs.replace(local, proxy=url)), 0o600)


def os_platform(spec: DeviceSpec) -> str:
    """As the MDE API spells it."""
    return distribution(spec.distribution).api_platform


def _put(files: FileTree, path: str, text: str) -> None:
    if not files.exists(path):
        files.write(path, text.encode())


def _set_line(files: FileTree, path: str, prefix: str, line: str, after: str = "") -> None:
    """Replace the lines that begin with `prefix` by `line` (none when empty), below the line `after` when given."""
    text = files.read(path).decode(errors="replace") if files.exists(path) else ""
    lines = [kept for kept in text.splitlines() if not kept.startswith(prefix)]
    if line:
        lines.insert(lines.index(after) + 1 if after in lines else len(lines), line)
    files.write(path, ("\n".join(lines) + "\n").encode())


def _pem(path: Path) -> bytes:
    content = path.read_bytes()
    return content if content.endswith(b"\n") else content + b"\n"
