"""The two settings files of a device, as they are in force: the administrator's own, and the managed one above it.

What the fields mean, and how the files are written, is `mdelab.endpoint.settings`.
"""

from mdelab.catalogue.platforms import Paths
from mdelab.endpoint import property_list
from mdelab.endpoint.files import FileTree
from mdelab.endpoint.settings import (
    AgentSettings,
    Managed,
    changed,
    decode,
    decode_managed,
    encode,
    managed_of,
    under,
)


class Preferences:
    """Of one device."""

    __slots__ = ("_files", "_local", "_managed", "_paths")

    def __init__(self, files: FileTree, paths: Paths) -> None:
        self._files = files
        self._paths = paths
        self._local = AgentSettings()
        self._managed = Managed()

    @property
    def in_force(self) -> AgentSettings:
        return under(self._managed, self._local)

    @property
    def tags(self) -> dict[str, str]:
        """Device tags that the managed file sets."""
        return self._managed.tags

    @property
    def files(self) -> tuple[str, ...]:
        """Their paths."""
        return tuple(path for path in (self._paths.settings, self._paths.managed) if path)

    def read(self) -> None:
        """Take up both files. Raises msgspec.DecodeError or LabError for one that cannot be read; what is in force stays."""
        files, paths = self._files, self._paths
        if files.exists(paths.settings):
            self._local = decode(files.read(paths.settings))
        self._managed = self._read_managed() if paths.managed and files.exists(paths.managed) else Managed()

    def _read_managed(self) -> Managed:
        path = self._paths.managed
        if path.endswith(".plist"):
            return managed_of(property_list.read_dictionary(self._files, path))
        return decode_managed(self._files.read(path))

    def change(self, changes: dict[str, object]) -> None:
        """Change local settings, on disk too. Raises LabError."""
        self._local = changed(self._local, changes)
        self._files.write(self._paths.settings, encode(self._local), 0o600)
