"""The Machine: what a program on a device can touch (its files, services, environment and place in the network).

It does not act by itself: the sensor (`mdelab.endpoint.sensor`) owns it and the programs run on it.
"""

from mdelab.catalogue.platforms import Paths, platform_row
from mdelab.endpoint import environment
from mdelab.endpoint.event_log import EventLog
from mdelab.endpoint.files import FileTree, FolderTree, MemoryTree
from mdelab.endpoint.registry import Registry
from mdelab.model.attachment import Attachment
from mdelab.model.device import DeviceSpec

__all__ = ["DEFENDER", "FileTree", "FolderTree", "Machine", "MemoryTree"]

DEFENDER = "mdatp"
"""The service of the Defender client on Linux and macOS."""


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
    def paths(self) -> Paths:
        """Where the client's and the system's files lie on its platform."""
        return platform_row(self.spec.platform).paths

    def lock_registry(self) -> None:
        """Lock the keys that the spec names; before that, what the device begins with can be written."""
        if self.registry is not None:
            self.registry.locked = self.spec.locked_keys

    @property
    def environment(self) -> dict[str, str]:
        """The variables that every program is started with, read anew each time. Raises LabError."""
        return environment.read(platform_row(self.spec.platform).environment, self.files, self.registry)

    def services(self) -> dict[str, bool]:
        """Service name -> whether it runs. The client's is among them when it is installed."""
        row = platform_row(self.spec.platform)
        names = [*([row.service] if self.spec.installed else []), *row.services, *self.spec.services]
        return {name: name not in self._stopped for name in names}

    def set_service(self, name: str, running: bool) -> None:
        """Note that a service runs or not. Programs go through `Device.control_service`, which also acts on it."""
        if running:
            self._stopped.discard(name)
        else:
            self._stopped.add(name)
