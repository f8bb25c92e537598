"""The proxy settings of a Mac's network service, in the file where the system keeps them.

`networksetup` changes them and `scutil --proxy` shows them; which way the agent then takes is the route's business.
The file's shape is that of /Library/Preferences/SystemConfiguration/preferences.plist, with one service.
"""

from dataclasses import dataclass, replace
from typing import Literal

from mdelab.endpoint import property_list
from mdelab.endpoint.files import FileTree

PREFERENCES = "/Library/Preferences/SystemConfiguration/preferences.plist"
SERVICE = "Wi-Fi"
"""The lab's Mac has one network service."""

_SERVICE_ID = "6D64656C-6162-4D61-8000-000000000001"

Protocol = Literal["HTTP", "HTTPS"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fixed:
    """A proxy with host and port, for one protocol."""

    host: str = ""
    port: int = 0
    is_on: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemProxy:
    web: Fixed = Fixed()
    """For http."""
    secure_web: Fixed = Fixed()
    """For https: the one that the Defender client needs."""
    pac_url: str = ""
    pac_is_on: bool = False
    discovery_is_on: bool = False
    """Web Proxy Autodiscovery (WPAD)."""
    bypass: tuple[str, ...] = ()


def read(files: FileTree) -> SystemProxy:
    """What is set; nothing when the file is not there. Raises LabError for a file that does not parse."""
    found = _proxies(property_list.read_dictionary(files, PREFERENCES))
    return SystemProxy(
        web=_fixed(found, "HTTP"),
        secure_web=_fixed(found, "HTTPS"),
        pac_url=_text(found, "ProxyAutoConfigURLString"),
        pac_is_on=bool(found.get("ProxyAutoConfigEnable")),
        discovery_is_on=bool(found.get("ProxyAutoDiscoveryEnable")),
        bypass=_texts(found.get("ExceptionsList")),
    )


def write(files: FileTree, proxy: SystemProxy) -> None:
    """Set all of it; the rest of the file stays. Raises LabError for a file that does not parse."""
    whole = property_list.read_dictionary(files, PREFERENCES)
    services = _dictionary(whole.get("NetworkServices"))
    service = _dictionary(services.get(_SERVICE_ID))
    service["UserDefinedName"] = SERVICE
    service["Proxies"] = as_keys(proxy)
    services[_SERVICE_ID] = service
    whole["NetworkServices"] = services
    property_list.write(files, PREFERENCES, whole)


def set_secure_web(files: FileTree, host: str, port: int) -> None:
    """Set the proxy for https, as an administrator does; host "" turns it off. Raises LabError."""
    fixed = Fixed(host=host, port=port, is_on=bool(host))
    write(files, replace(read(files), secure_web=fixed))


def as_keys(proxy: SystemProxy) -> dict[str, object]:
    """The keys of the file and of `scutil --proxy`; what was never set has none."""
    keys: dict[str, object] = {}
    for protocol, fixed in (("HTTP", proxy.web), ("HTTPS", proxy.secure_web)):
        keys[f"{protocol}Enable"] = int(fixed.is_on)
        if fixed.host:
            keys[f"{protocol}Proxy"] = fixed.host
            keys[f"{protocol}Port"] = fixed.port
    keys["ProxyAutoConfigEnable"] = int(proxy.pac_is_on)
    if proxy.pac_url:
        keys["ProxyAutoConfigURLString"] = proxy.pac_url
    keys["ProxyAutoDiscoveryEnable"] = int(proxy.discovery_is_on)
    if proxy.bypass:
        keys["ExceptionsList"] = list(proxy.bypass)
    return keys


def _proxies(whole: dict[str, object]) -> dict[str, object]:
    services = _dictionary(whole.get("NetworkServices"))
    return _dictionary(_dictionary(services.get(_SERVICE_ID)).get("Proxies"))


def _fixed(found: dict[str, object], protocol: Protocol) -> Fixed:
    port = found.get(f"{protocol}Port")
    return Fixed(
        host=_text(found, f"{protocol}Proxy"),
        port=port if isinstance(port, int) else 0,
        is_on=bool(found.get(f"{protocol}Enable")),
    )


def _text(found: dict[str, object], key: str) -> str:
    value = found.get(key)
    return value if isinstance(value, str) else ""


def _texts(value: object) -> tuple[str, ...]:
    return tuple(str(one) for one in value) if isinstance(value, list) else ()


def _dictionary(value: object) -> dict[str, object]:
    return dict(value) if isinstance(value, dict) else {}
