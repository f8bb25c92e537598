"""A tenant's site: what its own network tells the devices in it, by DNS and by DHCP.

Which proxies and servers stand in that network are its hops (`mdelab.model.tenant`). That a name of the site leads to a hop is
said here; at which address the hop answers is the backend's affair.
"""

import re
from collections.abc import Collection

import msgspec

from mdelab.model.errors import LabError

_NAME = re.compile(r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


class Site(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One network. Changing it is a change of network for every device in it: what they discovered is looked for anew."""

    suffix: str = "corp.example"
    """The DNS suffix of its devices; a hop called `pac` has the name `pac.<suffix>`."""
    wpad: str = ""
    """The hop to which the DNS record `wpad.<suffix>` leads; "" for no such record."""
    names: dict[str, str] = {}
    """More DNS records: whole name -> hop."""
    dhcp_pac_url: str = ""
    """DHCP option 252: the URL of a PAC file, or the name of a `pac` hop; "" when the DHCP server does not send it."""

    def check(self) -> None:
        """Raise LabError for names that are none."""
        for name in (self.suffix, *self.names):
            if not _NAME.fullmatch(name) or len(name) > 253:
                raise LabError(
                    f"{name!r} is not a DNS name. Use lower case letters, digits, dashes and dots, such as 'corp.example'."
                )

    def records(self) -> dict[str, str]:
        """Name -> hop, the record of discovery included."""
        return {**self.names, **({f"wpad.{self.suffix}": self.wpad} if self.wpad else {})}

    def hops(self) -> tuple[str, ...]:
        """The hops that it names."""
        announced = (self.dhcp_pac_url,) if self.dhcp_pac_url and "://" not in self.dhcp_pac_url else ()
        return (*dict.fromkeys(self.records().values()), *announced)


def wpad_names(suffix: str, public: Collection[str]) -> tuple[str, ...]:
    """The names that discovery asks for, in order: it drops labels from the left and stops at the registrable domain.

    public: suffixes of more than one label below which organisations register; every other one has a single label.
    """
    labels = suffix.split(".")
    is_registered_below_two = ".".join(labels[-2:]) in public
    least = 3 if is_registered_below_two else 2
    return tuple(f"wpad.{'.'.join(labels[at:])}" for at in range(len(labels) - least + 1))
