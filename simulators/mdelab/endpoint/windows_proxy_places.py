r"""The places of a Windows device where a route can be set: policies, WinHTTP, its discovery service, and the user's settings.

Names and types: defender-docs configure-proxy-internet.md; HKCU ... Internet Settings is WinINET's. What the user has set is read
here like the rest; that the sensor does not follow it is data.
"""

from mdelab.endpoint.held import Held
from mdelab.endpoint.machine import Machine
from mdelab.endpoint.registry import Registry, Value
from mdelab.endpoint.settings import AgentSettings
from mdelab.endpoint.winhttp import WinHttp, read_winhttp, write_winhttp
from mdelab.model.errors import LabError
from mdelab.model.proxy import Proxy

TELEMETRY_POLICY = r"HKLM\SOFTWARE\Policies\Microsoft\Windows\DataCollection"
TELEMETRY_PROXY = "TelemetryProxyServer"
NO_PROXY_LOGON = "DisableEnterpriseAuthProxy"
"""1 keeps the machine's own credentials away from a proxy; the documents want it beside every TelemetryProxyServer."""

AUTOPROXY_SERVICE = r"HKLM\SYSTEM\CurrentControlSet\Services\WinHttpAutoProxySvc"
_BY_HAND, _OFF = 3, 4

USER_SETTINGS = r"HKCU\SOFTWARE\Microsoft\Windows\CurrentVersion\Internet Settings"


def registry_of(machine: Machine) -> Registry:
    """Raises LabError for a device that has none."""
    if machine.registry is None:
        raise LabError(f"{machine.spec.name!r} has no registry. Use a Windows device.")
    return machine.registry


def read_telemetry(machine: Machine, _: AgentSettings) -> Held | None:
    registry = registry_of(machine)
    value, beside = registry.get(TELEMETRY_POLICY, TELEMETRY_PROXY), registry.get(TELEMETRY_POLICY, NO_PROXY_LOGON)
    if value is None:
        return None
    is_alone = beside is None or beside.data != 1
    remark = (
        f"{TELEMETRY_PROXY} is set and {NO_PROXY_LOGON} is not 1: the sensor may send the machine's credentials to the proxy. "
        f"Set both in {TELEMETRY_POLICY}."
    )
    return Held(str(value.data).strip(), remark=remark if is_alone else "")


def write_telemetry(machine: Machine, proxy: Proxy | None, _: tuple[str, ...]) -> None:
    registry = registry_of(machine)
    if proxy:
        registry.set(TELEMETRY_POLICY, TELEMETRY_PROXY, Value("REG_SZ", proxy.written("host-port")))
        registry.set(TELEMETRY_POLICY, NO_PROXY_LOGON, Value("REG_DWORD", 1))
    else:
        registry.delete(TELEMETRY_POLICY, TELEMETRY_PROXY)
        registry.delete(TELEMETRY_POLICY, NO_PROXY_LOGON)


def read_winhttp_proxy(machine: Machine) -> Held | None:
    """The proxy for https: alone in the setting, or the part `https=`."""
    settings = read_winhttp(registry_of(machine))
    parts = [part.rpartition("=") for part in settings.proxy.replace(" ", ";").split(";") if part]
    found = next((place for scheme, _, place in parts if scheme in ("", "https")), None)
    return Held(found, tuple(settings.bypass.replace(" ", ";").split(";"))) if found else None


def write_winhttp_proxy(machine: Machine, proxy: Proxy | None, bypass: tuple[str, ...]) -> None:
    settings = WinHttp(proxy.written("host-port"), ";".join(bypass)) if proxy else WinHttp()
    write_winhttp(registry_of(machine), settings)


def read_autoproxy(machine: Machine) -> bool | None:
    value = registry_of(machine).get(AUTOPROXY_SERVICE, "Start")
    return value.data != _OFF if value else None


def write_autoproxy(machine: Machine, is_on: bool | None) -> None:
    registry = registry_of(machine)
    if is_on is None:
        registry.delete(AUTOPROXY_SERVICE, "Start")
    else:
        registry.set(AUTOPROXY_SERVICE, "Start", Value("REG_DWORD", _BY_HAND if is_on else _OFF))


def read_user_pac(machine: Machine) -> str:
    value = registry_of(machine).get(USER_SETTINGS, "AutoConfigURL")
    return str(value.data).strip() if value else ""


def write_user_pac(machine: Machine, url: str) -> None:
    registry = registry_of(machine)
    if url:
        registry.set(USER_SETTINGS, "AutoConfigURL", Value("REG_SZ", url))
    else:
        registry.delete(USER_SETTINGS, "AutoConfigURL")


def read_user_proxy(machine: Machine, _: AgentSettings) -> Held | None:
    registry = registry_of(machine)
    enabled, server = registry.get(USER_SETTINGS, "ProxyEnable"), registry.get(USER_SETTINGS, "ProxyServer")
    return Held(str(server.data).strip()) if server and enabled and enabled.data else None


def write_user_proxy(machine: Machine, proxy: Proxy | None, _: tuple[str, ...]) -> None:
    registry = registry_of(machine)
    registry.set(USER_SETTINGS, "ProxyEnable", Value("REG_DWORD", int(proxy is not None)))
    if proxy:
        registry.set(USER_SETTINGS, "ProxyServer", Value("REG_SZ", proxy.written("host-port")))
    else:
        registry.delete(USER_SETTINGS, "ProxyServer")
