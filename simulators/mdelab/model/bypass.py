"""Bypass lists: which hosts a fixed proxy is not for, by the rules of whoever reads the list.

Pure. WinHTTP takes `*` anywhere and `<local>`; a Mac takes `*` in front, whole names and address ranges; curl takes names that
cover what is below them. Sources: win32 WinHttp/winhttp-proxyinfo, macOS networksetup(8), curl's manual (`--noproxy`).
"""

import ipaddress
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

BypassKind = Literal["winhttp", "macos", "no-proxy"]

_PORT = re.compile(r"[^:]*:\d*|\[[^]]*\]:\d*")
_SHORT_RANGE = re.compile(r"(\d{1,3}(?:\.\d{1,3}){0,3})/(\d{1,2})")

_LOCAL = "<local>"
"""WinHTTP's word for names without a dot."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bypass:
    """A list whose entries can be used."""

    kind: BypassKind
    entries: tuple[str, ...] = ()

    def covers(self, host: str) -> bool:
        """Whether a connection to `host` (a name or an address) goes round the proxy."""
        host = host.lower().rstrip(".")
        return any(_COVERS[self.kind](entry.lower(), host) for entry in self.entries)


def read_bypass(kind: BypassKind, entries: Iterable[str], *, where: str) -> tuple[Bypass, list[str]]:
    """The entries that can be used, and a complaint for each of the others, which then bypasses nothing.

    where: names the list for the messages.
    """
    good: list[str] = []
    complaints: list[str] = []
    for entry in (one.strip() for one in entries):
        if not entry:
            continue
        why = _fault(kind, entry)
        if why:
            complaints.append(f"{where} has the entry {entry!r}, which bypasses nothing: {why}.")
        else:
            good.append(entry)
    return Bypass(kind=kind, entries=tuple(good)), complaints


def _fault(kind: BypassKind, entry: str) -> str:
    """Why an entry cannot be used; "" when it can."""
    if "://" in entry:
        return f"it begins with a scheme. Write the host alone: {entry.partition('://')[2].partition('/')[0] or 'HOST'}"
    if _PORT.fullmatch(entry):
        return f"it has a port. Write the host alone: {entry.rpartition(':')[0]}"
    if entry == _LOCAL:
        return "" if kind == "winhttp" else f"{_LOCAL} is a word of Windows' lists"
    if kind == "no-proxy" and "*" in entry and entry != "*":
        return f"curl takes * by itself only. Write the domain: {entry.lstrip('*.') or 'DOMAIN'}"
    if kind == "macos" and "*" in entry.lstrip("*"):
        return "a star stands at the beginning only"
    if "/" in entry and (kind == "winhttp" or _range(entry) is None):
        return "it is no range of addresses that this list takes"
    return ""


def _range(entry: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    """`10.0.0.0/8`, and `169.254/16` as a Mac shortens it."""
    if short := _SHORT_RANGE.fullmatch(entry):
        octets = short[1].split(".")
        entry = f"{'.'.join(octets + ['0'] * (4 - len(octets)))}/{short[2]}"
    try:
        return ipaddress.ip_network(entry, strict=False)
    except ValueError:
        return None


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _is_within(entry: str, host: str) -> bool:
    network, address = _range(entry), _address(host)
    return network is not None and address is not None and address in network


def _winhttp(entry: str, host: str) -> bool:
    if entry == _LOCAL:
        return "." not in host and ":" not in host
    pattern = ".*".join(re.escape(part) for part in entry.split("*"))
    return re.fullmatch(pattern, host) is not None


def _macos(entry: str, host: str) -> bool:
    if "/" in entry:
        return _is_within(entry, host)
    if entry.startswith("*"):
        return host.endswith(entry.lstrip("*"))
    return host == entry


def _no_proxy(entry: str, host: str) -> bool:
    if entry == "*":
        return True
    if "/" in entry:
        return _is_within(entry, host)
    if _address(host) is not None:
        return host == entry
    name = entry.strip(".")
    return host == name or host.endswith(f".{name}")


_COVERS: dict[BypassKind, Callable[[str, str], bool]] = {"winhttp": _winhttp, "macos": _macos, "no-proxy": _no_proxy}
