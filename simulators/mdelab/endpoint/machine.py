"""The Machine: what a program on a device can touch (its files, services, environment and place in the network).

It does not act by itself: the sensor (`mdelab.endpoint.sensor`) owns it and the programs run on it.
"""

import shlex

from mdelab.catalogue.platforms import platform_row
from mdelab.endpoint.event_log import EventLog
from mdelab.endpoint.files import FileTree, FolderTree, MemoryTree
from mdelab.endpoint.registry import Registry
from mdelab.model.attachment import Attachment
from mdelab.model.device import DeviceSpec

__all__ = ["DEFENDER", "FileTree", "FolderTree", "Machine", "MemoryTree"]

DEFENDER = "mdatp"
"""The service of the Defender client."""

ENVIRONMENT_FILE = "/etc/environment"


class Machine:
    """One device."""

    __slots__ = ("_stopped", "attachment", "event_log", "files", "registry", "spec")

    def __init__(self, *, spec: DeviceSpec, files: FileTree, attachment: Attachment) -> None:
        self.spec = spec
        """As it is now; `Sensor.change` replaces it."""
        self.files = files
        self.attachment = attachment
        has_registry = platform_row(spec.platform).has_registry
        self.registry = Registry(files) if has_registry else None
        """Windows."""
        self.event_log = EventLog(files) if has_registry else None
        """Windows."""
        self._stopped: set[str] = set()

    @property
    def environment(self) -> dict[str, str]:
        """The variables of /etc/environment, read anew each time."""
        try:
            text = self.files.read(ENVIRONMENT_FILE).decode(errors="replace")
        except FileNotFoundError:
            return {}
        return parse_environment(text)

    def services(self) -> dict[str, bool]:
        """Service name -> whether it runs. `mdatp` is among them when the client is installed."""
        names = ([DEFENDER] if self.spec.installed else []) + list(self.spec.services)
        return {name: name not in self._stopped for name in names}

    def set_service(self, name: str, running: bool) -> None:
        """Note that a service runs or not. Programs go through `Device.control_service`, which also acts on it."""
        if running:
            self._stopped.discard(name)
        else:
            self._stopped.add(name)


def parse_environment(text: str) -> dict[str, str]:
    """Read KEY=value lines as pam_env does: comments and blank lines are skipped, `export` and quotes are dropped."""
    found: dict[str, str] = {}
    for line in text.splitlines():
        line = line.strip().removeprefix("export ").strip()
        if not line or line.startswith("#") or "=" not in line:
            continue
        key, value = line.split("=", 1)
        try:
            found[key.strip()] = "".join(shlex.split(value))
        except ValueError:
            # An unclosed quote: the value stands as it was written.
            found[key.strip()] = value
    return found
