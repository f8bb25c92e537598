"""The system proxy of a Windows device as `netsh winhttp` keeps it in the registry.

The binary form is WinHTTP's own: 40, a counter, a flag, then proxy and bypass list with their lengths, as 32-bit numbers.
"""

import struct
from dataclasses import dataclass

from mdelab.endpoint.registry import Registry, Value
from mdelab.model.errors import LabError

KEY = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Internet Settings\Connections"
NAME = "WinHttpSettings"

_VERSION, _DIRECT, _PROXY = 0x28, 1, 3


@dataclass(frozen=True, slots=True)
class WinHttp:
    """proxy: `host:port`, or one for each scheme (`http=h:p;https=h:p`); "" for direct access."""

    proxy: str = ""
    bypass: str = ""
    """Host names with `*`, parted by semicolons; `<local>` for names without a dot."""


def read_winhttp(registry: Registry) -> WinHttp:
    """Raises LabError for a value that is damaged."""
    value = registry.get(KEY, NAME)
    if value is None:
        return WinHttp()
    try:
        content = value.data if isinstance(value.data, bytes) else b""
        flag, length = struct.unpack_from("<II", content, 8)
        proxy = content[16 : 16 + length].decode("ascii")
        (bypass_length,) = struct.unpack_from("<I", content, 16 + length)
        bypass = content[20 + length : 20 + length + bypass_length].decode("ascii")
    except (struct.error, UnicodeDecodeError) as error:
        raise LabError(
            f"the system proxy of the device ({KEY}, {NAME}) cannot be read: {error}. Set it anew: netsh winhttp reset proxy."
        ) from error
    return WinHttp(proxy, bypass) if flag == _PROXY else WinHttp()


def write_winhttp(registry: Registry, settings: WinHttp) -> None:
    """Raises LabError for a proxy that is not plain ASCII."""
    try:
        proxy, bypass = settings.proxy.encode("ascii"), settings.bypass.encode("ascii")
    except UnicodeEncodeError as error:
        raise LabError(f"the proxy {settings.proxy!r} is not plain ASCII. Write an IDN in its xn-- form.") from error
    content = struct.pack("<III", _VERSION, 0, _PROXY if proxy else _DIRECT)
    content += struct.pack("<I", len(proxy)) + proxy + struct.pack("<I", len(bypass)) + bypass
    registry.set(KEY, NAME, Value("REG_BINARY", content))
