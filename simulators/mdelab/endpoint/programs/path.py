"""A path as the user of a device wrote it, as a path of the device."""

import posixpath

from mdelab.endpoint.files import normal
from mdelab.endpoint.program import Io


def device_path(io: Io, path: str) -> str:
    """Absolute and without `..`; `~` is the environment's HOME. Raises LabError for a path with a NUL."""
    if path == "~" or path.startswith("~/"):
        path = (io.env.get("HOME") or "/root") + path[1:]
    return normal(posixpath.join(io.cwd or "/", path))
