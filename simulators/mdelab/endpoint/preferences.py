"""The two settings files of a device, as they are in force: the administrator's own, and the managed one above it.

What the fields mean, and how the files are written, is `mdelab.endpoint.settings`.
"""

from mdelab.endpoint.files import FileTree
from mdelab.endpoint.settings import (
    MANAGED_FILE,
    SETTINGS_FILE,
    AgentSettings,
    Managed,
    changed,
    decode,
    decode_managed,
    encode,
    under,
)

PREFERENCE_FILES = (SETTINGS_FILE, MANAGED_FILE)


class Preferences:
    """Of one device."""

    __slots__ = ("_files", "_local", "_managed")

    def __init__(self, files: FileTree) -> None:
        self._files = files
        self._local = AgentSettings()
        self._managed = Managed()

    @property
    def in_force(self) -> AgentSettings:
        return under(self._managed, self._local)

    @property
    def tags(self) -> dict[str, str]:
        """Device tags that the managed file sets."""
        return self._managed.tags

    def read(self) -> None:
        """Take up both files. Raises msgspec.DecodeError for one that cannot be read, which leaves what is in force."""
        files = self._files
        if files.exists(SETTINGS_FILE):
            self._local = decode(files.read(SETTINGS_FILE))
        self._managed = decode_managed(files.read(MANAGED_FILE)) if files.exists(MANAGED_FILE) else Managed()

    def change(self, changes: dict[str, object]) -> None:
        """Change local settings, on disk too. Raises LabError."""
        self._local = changed(self._local, changes)
        self._files.write(SETTINGS_FILE, encode(self._local), 0o600)
