"""The core log of the agent, with the device's time on each line, rotated so that it never grows without bound.

The line's shape is the lab's own; the path, the rotated folder and the sizes are the product's
(microsoft/mdatp-xplat linux-support scripts, XMDE client analyzer).
"""

from datetime import datetime
from typing import Literal

from mdelab.catalogue.platforms import Paths
from mdelab.endpoint.files import FileTree

MOST_BYTES = 5_242_880
"""The product's default; the rotated copy is replaced, so two of these are the bound."""


class CoreLog:
    __slots__ = ("_files", "_most_bytes", "_paths", "_size")

    def __init__(self, files: FileTree, paths: Paths, most_bytes: int = MOST_BYTES) -> None:
        self._files = files
        self._paths = paths
        self._most_bytes = most_bytes
        self._size = len(files.read(paths.core_log)) if files.exists(paths.core_log) else 0

    def write(self, level: Literal["info", "warning", "error"], text: str, now: datetime) -> None:
        """One line; line breaks inside `text` become spaces."""
        line = f"[{now:%Y-%m-%d %H:%M:%S.%f} UTC][{level}]: {' '.join(text.splitlines())}\n".encode()
        if self._size + len(line) > self._most_bytes and self._size:
            self._files.write(self._paths.rotated_log, self._files.read(self._paths.core_log))
            self._files.remove(self._paths.core_log)
            self._size = 0
        self._files.append(self._paths.core_log, line)
        self._size += len(line)
