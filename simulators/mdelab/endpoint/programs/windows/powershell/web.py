"""`(New-Object System.Net.WebClient).DownloadFile(url, file)`: how the documented test command gets its file.

The listener on the device's own port 80 is its folder C:\\inetpub\\wwwroot: no port of this machine is opened for it. What lies
elsewhere is fetched by curl, over the device's real route.
"""

import posixpath
from urllib.parse import unquote, urlsplit

from mdelab.endpoint.program import Device, Io
from mdelab.endpoint.programs.windows.place import is_there, place
from mdelab.endpoint.programs.windows.powershell.call import Failed
from mdelab.endpoint.windows_path import find, to_windows

SITE = "/C:/inetpub/wwwroot"
_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
_FAILED = 'Exception calling "{method}" with "{count}" argument(s): "{reason}"'


async def download(device: Device, io: Io, url: str, target: str) -> None:
    """Raises Failed with PowerShell's words."""
    path = place(device, io, target)
    parts = urlsplit(url)
    content = b""
    if parts.netloc.removesuffix(":80") in _LOOPBACK:
        content = _local(device, parts.path)
    if not is_there(device, posixpath.dirname(path)):
        raise _failed("DownloadFile", 2, f"Could not find a part of the path '{to_windows(path)}'.")
    if content:
        device.machine.files.write(path, content)
        return
    inner = Io(env=io.env, cwd=io.cwd, not_simulated=io.not_simulated)
    if await device.run(
        ["curl.exe", "--silent", "--show-error", "--fail", "--location", "--output", target, url], io=inner
    ):
        raise _failed(
            "DownloadFile", 2, inner.err.getvalue().strip() or "An exception occurred during a WebClient request."
        )


def _local(device: Device, path: str) -> bytes:
    files = device.machine.files
    if not files.is_folder(SITE):
        raise _failed("DownloadFile", 2, "Unable to connect to the remote server")
    where = find(files, posixpath.normpath(f"{SITE}/{unquote(path).lstrip('/')}"))
    if not where.startswith(f"{SITE}/") or not files.exists(where) or files.is_folder(where):
        raise _failed("DownloadFile", 2, "The remote server returned an error: (404) Not Found.")
    return files.read(where)


def _failed(method: str, count: int, reason: str) -> Failed:
    return Failed(_FAILED.format(method=method, count=count, reason=reason))
