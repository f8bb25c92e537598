"""The core log of the agent, with the device's time on each line, rotated so that it never grows without bound.

The line's shape is the lab's own; the path, the rotated folder and the sizes are the product's
(microsoft/mdatp-xplat linux-support scripts, XMDE client analyzer).
"""

from datetime import datetime
from typing import Literal

from mdelab.endpoint.files import FileTree

CORE_LOG = "/var/log/microsoft/mdatp/microsoft_defender_core.log"
ROTATED = "/var/log/microsoft/mdatp/rotated/microsoft_defender_core.log"
INSTALL_LOG = "/var/log/microsoft/mdatp/install.log"

MOST_BYTES = 5_242_880
"""The product's default; the rotated copy is replaced, so two of these are the bound."""


class CoreLog:
    __slots__ = ("_files", "_most_bytes", "_size")

    def __init__(self, files: FileTree, most_bytes: int = MOST_BYTES) -> None:
        self._files = files
        self._most_bytes = most_bytes
        self._size = len(files.read(CORE_LOG)) if files.exists(CORE_LOG) else 0

    def write(self, level: Literal["info", "warning", "error"], text: str, now: datetime) -> None:
        """One line; line breaks inside `text` become spaces."""
        line = f"[{now:%Y-%m-%d %H:%M:%S.%f} UTC][{level}]: {' '.join(text.splitlines())}\n".encode()
        if self._size + len(line) > self._most_bytes and self._size:
            self._files.write(ROTATED, self._files.read(CORE_LOG))
            self._files.remove(CORE_LOG)
            self._size = 0
        self._files.append(CORE_LOG, line)
        self._size += len(line)
