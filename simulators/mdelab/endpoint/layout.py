"""The files of a device as it is when it is made: the OS store, the client's folders and settings, its proxy.

What only one platform has is in `system_files`. What is there already stays: a device that is started again keeps what
happened to it.
"""

from datetime import datetime
from pathlib import Path

from mdelab.catalogue.platforms import ProxyRow, platform_row
from mdelab.endpoint.files import put
from mdelab.endpoint.machine import Machine
from mdelab.endpoint.proxy_places import FIXED, PAC, SWITCHES
from mdelab.endpoint.settings import AgentSettings, encode
from mdelab.endpoint.system_files import write_system_files
from mdelab.model.device import ProxySource
from mdelab.model.errors import LabError
from mdelab.model.proxy import Proxy, parse_proxy


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
    fixed_place(machine, spec.proxy_source, spec.bypass)
    if spec.proxy:
        write_proxy(machine, spec.proxy, spec.proxy_source, spec.bypass)
    if spec.pac:
        write_pac(machine, spec.pac)
    if spec.wpad is not None:
        write_wpad(machine, spec.wpad)


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


def check_proxy(machine: Machine, proxy: str) -> Proxy | None:
    """`proxy` (a hop's name, or http://host:port) by its address; None for "". Raises LabError."""
    if not proxy:
        return None
    known = machine.attachment.proxies
    if proxy not in known and "://" not in proxy:
        hops = ", ".join(sorted(known)) or "none in this tenant"
        raise LabError(
            f"{machine.spec.name!r} cannot use the proxy {proxy!r}: no proxy has that name. "
            f"Known: {hops}; or write http://HOST:PORT."
        )
    return parse_proxy(known.get(proxy, proxy), where=f"the proxy of {machine.spec.name!r}")


def write_proxy(machine: Machine, proxy: str, source: ProxySource, bypass: tuple[str, ...] = ()) -> None:
    """Set the proxy at one of the platform's places, or remove it from there with "". Raises LabError."""
    found = check_proxy(machine, proxy)
    FIXED[fixed_place(machine, source, bypass).place].write(machine, found, bypass)


def fixed_place(machine: Machine, source: ProxySource, bypass: tuple[str, ...] = ()) -> ProxyRow:
    """Where `source` means on the platform. Raises LabError for one that it does not have, or that has no bypass list."""
    rows = [row for row in platform_row(machine.spec.platform).proxy if row.kind == "fixed"]
    row = next((row for row in rows if row.name == source), None)
    who = f"{machine.spec.name!r} is a {machine.spec.platform} device and"
    if row is None:
        known = ", ".join(row.name for row in rows)
        raise LabError(f"{who} has no proxy_source {source!r}. Use one of: {known}.")
    if bypass and row.bypass is None:
        known = ", ".join(row.name for row in rows if row.bypass)
        raise LabError(f"{who} keeps no bypass list beside the {source!r} proxy. Use one of: {known}.")
    return row


def write_pac(machine: Machine, pac: str) -> None:
    """Set a PAC file (a hop's name, or a URL) where the platform keeps it, or remove it with "". Raises LabError."""
    url = check_pac(machine, pac)
    row = next(row for row in platform_row(machine.spec.platform).proxy if row.kind == "pac")
    PAC[row.place].write(machine, url)


def check_pac(machine: Machine, pac: str) -> str:
    """`pac` as a URL; "" stays "". What stands behind a URL is the device's affair. Raises LabError."""
    known = machine.attachment.pac_urls
    if not pac or pac in known:
        return known.get(pac, "")
    if "://" not in pac:
        hops = ", ".join(sorted(known)) or "none in this tenant"
        raise LabError(
            f"{machine.spec.name!r} cannot use the PAC file {pac!r}: no hop of kind pac has that name. "
            f"Known: {hops}; or write a URL such as http://pac.corp.example/proxy.pac."
        )
    return pac


def write_wpad(machine: Machine, is_on: bool | None) -> None:
    """Switch discovery on or off, or leave it as the platform has it. Raises LabError where there is no such switch."""
    row = next((row for row in platform_row(machine.spec.platform).proxy if row.kind == "wpad"), None)
    if row is not None:
        SWITCHES[row.place].write(machine, is_on)
    elif is_on is not None:
        raise LabError(
            f"{machine.spec.name!r} is a {machine.spec.platform} device, which does not look for a PAC file (WPAD is not "
            "supported there). Leave wpad out."
        )


def _pem(path: Path) -> bytes:
    content = path.read_bytes()
    return content if content.endswith(b"\n") else content + b"\n"
