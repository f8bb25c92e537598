"""The files of a device as it is when it is made: the OS store, the client's folders and settings, its proxy.

What only one platform has is in `system_files`. What is there already stays: a device that is started again keeps what
happened to it.
"""

from datetime import datetime
from pathlib import Path

from mdelab.catalogue.platforms import platform_row
from mdelab.endpoint.files import put
from mdelab.endpoint.machine import Machine
from mdelab.endpoint.proxy_places import PLACES, Place
from mdelab.endpoint.settings import AgentSettings, encode
from mdelab.endpoint.system_files import write_system_files
from mdelab.model.device import ProxySource
from mdelab.model.errors import LabError
from mdelab.model.proxy import parse_proxy


def lay_out(machine: Machine, now: datetime) -> None:
    """Make the device's files. Raises LabError for a distribution, a release or a hop that the lab does not know."""
    spec, files = machine.spec, machine.files
    row = platform_row(spec.platform)
    write_system_files(machine)
    for folder in row.folders:
        files.make_folder(folder)
    if spec.installed:
        put(files, row.paths.install_log, f"[{now:%Y-%m-%d %H:%M:%S}] Release ring: Production\n")
        put(files, row.paths.core_log, "")
        local = AgentSettings(real_time_protection=not spec.passive, passive_mode=spec.passive)
        if not files.exists(row.paths.settings):
            files.write(row.paths.settings, encode(local), 0o600)
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
    store = platform_row(machine.spec.platform).paths.os_store
    machine.files.write(store, b"".join(_pem(path) for path in pems))


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
    """Set the proxy at one of the platform's places, or remove it from there with "". Raises LabError."""
    url = check_proxy(machine, proxy)
    proxy_place(machine, source).write(machine, url)


def proxy_place(machine: Machine, source: ProxySource) -> Place:
    """Where `source` means on the platform. Raises LabError for one that it does not have."""
    rows = platform_row(machine.spec.platform).proxy
    row = next((row for row in rows if row.name == source), None)
    if row is None:
        known = ", ".join(row.name for row in rows)
        raise LabError(
            f"{machine.spec.name!r} is a {machine.spec.platform} device and has no proxy_source {source!r}. Use one of: {known}."
        )
    return PLACES[row.place]


def _pem(path: Path) -> bytes:
    content = path.read_bytes()
    return content if content.endswith(b"\n") else content + b"\n"
