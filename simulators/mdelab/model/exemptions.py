"""A list of hosts that are exempt from TLS inspection, as a proxy's administrator writes it: one entry a line.

An entry is a host name, `*.suffix`, or `.suffix` for a name and all below it. Addresses and networks may stand in it; no Defender
host is reached by one. `#` begins a comment; commas, semicolons and blanks part entries on a line.
"""

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass

from mdelab.model.errors import LabError
from mdelab.model.names import matches

_PARTS = re.compile(r"[^\s,;]+")
_HOST = re.compile(r"(?:\*\.|\.)?[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?\.?|\*|<local>", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    text: str
    line: int

    @property
    def patterns(self) -> tuple[str, ...]:
        """As `mdelab.model.names.matches` takes them."""
        return (self.text[1:], f"*{self.text}") if self.text.startswith(".") else (self.text,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Exemptions:
    entries: tuple[Entry, ...]

    @property
    def patterns(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(pattern for entry in self.entries for pattern in entry.patterns))

    def uncovered(self, hosts: Iterable[str]) -> list[str]:
        """Those of `hosts` (names, or `*.suffix`) that no entry covers as a whole."""
        return [host for host in hosts if not any(_covers(pattern, host) for pattern in self.patterns)]


def parse_exemptions(text: str, file: str) -> Exemptions:
    """Read a list. file: names it in messages. Raises LabError, with the line and the mend, for what is no host."""
    entries = [
        Entry(text=found, line=number)
        for number, line in enumerate(text.splitlines(), 1)
        for found in _PARTS.findall(line.partition("#")[0])
    ]
    for entry in entries:
        if wrong := _mistake(entry.text):
            raise LabError(f"{file}:{entry.line}: the entry {entry.text!r} {wrong}")
    if not entries:
        raise LabError(f"{file} holds no entry, only blanks and comments. Write one host a line.")
    return Exemptions(entries=tuple(entries))


def _mistake(text: str) -> str:
    """Why an entry can never match, and what to write; "" for a good one."""
    if "://" in text:
        host = text.partition("://")[2].partition("/")[0].partition(":")[0]
        return f"has a scheme, but a proxy decides by the host alone, before it sees a URL. Write {host!r}."
    if _is_network(text):
        return ""
    host, colon, port = text.rpartition(":")
    if colon and port.isdigit():
        return f"has a port, but an exemption names hosts. Write {host!r}."
    if "/" in text:
        return f"has a path, but a proxy decides by the host alone. Write {text.partition('/')[0]!r}."
    if not _HOST.fullmatch(text):
        inner = (
            "has a star inside, and proxies differ in what they make of it" if "*" in text[1:] else "is no host name"
        )
        return f"{inner}. Write a name such as x.cp.wd.microsoft.com, or *.wd.microsoft.com for all below it."
    return ""


def _is_network(text: str) -> bool:
    try:
        ipaddress.ip_network(text.strip("[]"), strict=False)
    except ValueError:
        return False
    return True


def _covers(pattern: str, host: str) -> bool:
    # A name below `*.suffix` stands for all of them: patterns have no other shape.
    return matches(pattern, host.replace("*", "any", 1))
