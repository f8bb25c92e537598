"""What is asked for when an endpoint is made. What then runs is `mdelab.endpoint.Machine`."""

import re
from typing import Literal

import msgspec

from mdelab.model.errors import LabError
from mdelab.model.platform import Platform

ProxySource = str
"""A place of the platform where a route is set, as its rows name it (`mdelab.catalogue.platforms`): `managed`, `environment`, ...

What only the client reads is not seen by other programs on the device, such as curl.
"""

DEFAULT_PYTHON = "default"
"""What a plain device of the platform has."""

_OWN_FIELDS: dict[str, Platform] = {
    "distribution": Platform.LINUX,
    "python2": Platform.LINUX,
    "fanotify_users": Platform.LINUX,
    "beta": Platform.MACOS,
    "sip": Platform.MACOS,
    "profiles": Platform.MACOS,
    "edition": Platform.WINDOWS,
    "locked_keys": Platform.WINDOWS,
}
"""Fields that mean something on one platform only."""

_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_ACCOUNT = re.compile(r"[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?")


class DeviceSpec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One endpoint as a spec, a scenario or the control API asks for it."""

    name: str = ""
    """Its name in the tenant, and its host name: lower case letters, digits and dashes. "" for one that the lab makes up."""
    platform: Platform = Platform.LINUX
    user: str = ""
    """The account of the person whose device it is, such as `kim.novak`. "" for somebody whom the lab makes up."""
    distribution: str = ""
    """Linux: the ID of /etc/os-release; "" is the platform's default."""
    release: str = ""
    """Version of the operating system; "" is the platform's default."""
    architecture: Literal["x64", "arm64"] = "x64"
    kernel: str = ""
    """"" is the platform's default."""
    python: str = DEFAULT_PYTHON
    """The version of `python3` on the device; "" when there is none."""
    python2: str = ""
    """The version of `python`, where a device has only an old one; "" when there is none."""
    beta: bool = False
    """macOS: whether the release is a beta."""
    sip: bool = True
    """macOS: whether System Integrity Protection is on."""
    profiles: tuple[str, ...] = ("default",)
    """macOS: the configuration profiles that are deployed; `default` stands for all that the client needs."""
    edition: str = ""
    """Windows: `Enterprise`, `Pro`, `Education`, `Home`, ...; "" is the platform's default."""
    locked_keys: tuple[str, ...] = ()
    """Windows: keys of the registry that something keeps from being changed, with all that is below them."""
    cores: int = 2
    memory_mb: int = 4096
    disk_free_mb: int = 20480
    services: tuple[str, ...] = ()
    """Other services that run on it, such as `falcon-sensor` or `ds_agent`."""
    fanotify_users: tuple[str, ...] = ()
    """Programs that hold fanotify in blocking mode."""
    installed: bool = True
    """Whether the Defender client is installed."""
    passive: bool = False
    """Whether its antivirus is set to passive; a fresh real install is, the lab's devices are not unless asked."""
    proxy: str = ""
    """A hop of the tenant by name, or http://host:port; "" for a direct route."""
    proxy_source: ProxySource = "environment"
    """Where the proxy is set: a place of the platform that takes a fixed one."""
    bypass: tuple[str, ...] = ()
    """Hosts that the proxy is not for, as the place that holds it writes them."""
    pac: str = ""
    """A `pac` hop of the tenant by name, or the URL of a PAC file, set where the platform keeps it; "" for none."""
    wpad: bool | None = None
    """Whether the device looks for a PAC file by itself; None is the platform's default."""
    trusts: tuple[str, ...] = ()
    """Hops whose interception CA an administrator has put into the device's OS store."""
    clock_skew_s: int = 0
    """How far the device's own clock is ahead of true time."""

    def check(self) -> None:
        """Raise LabError for a device that cannot exist."""
        if self.name and not _NAME.fullmatch(self.name):
            raise LabError(
                f"endpoint name {self.name!r} is not a host name. "
                "Use lower case letters, digits and dashes, at most 63, such as 'lin-1'."
            )
        if self.user and not _ACCOUNT.fullmatch(self.user):
            raise LabError(
                f"endpoint {self.name!r} belongs to {self.user!r}, which is no account name. "
                "Use lower case letters, digits, dots and dashes, such as 'kim.novak'."
            )
        plain = DeviceSpec(name=self.name, platform=self.platform)
        for field, platform in _OWN_FIELDS.items():
            if platform is not self.platform and getattr(self, field) != getattr(plain, field):
                raise LabError(
                    f"endpoint {self.name!r} is a {self.platform} device and has {field} = {getattr(self, field)!r}, "
                    f"which only {platform} devices have. Leave {field} out, or change the platform."
                )
        for field in ("cores", "memory_mb", "disk_free_mb"):
            if getattr(self, field) < 0:
                raise LabError(
                    f"endpoint {self.name!r} has {field} = {getattr(self, field)}: it cannot be negative. "
                    "Give a number of 0 or more."
                )
