"""The client as it lies on a Mac's disk: its application bundle, and the update channel that is set.

Its version is `mdelab.endpoint.client_version`.
"""

from mdelab.catalogue.macos import Channel, macos
from mdelab.endpoint import property_list
from mdelab.endpoint.files import FileTree
from mdelab.endpoint.managed_files import FOLDER
from mdelab.model.errors import LabError

APPLICATION = "/Applications/Microsoft Defender.app"

_UPDATER = "com.microsoft.autoupdate2"
_UPDATER_FILES = (f"{FOLDER}/{_UPDATER}.plist", f"/Library/Preferences/{_UPDATER}.plist")
"""Strongest first: what MDM delivers wins."""


def channel(files: FileTree) -> Channel:
    """The update channel that is set, by its present or former name. Raises LabError for another name."""
    for path in _UPDATER_FILES:
        name = property_list.read_dictionary(files, path).get("ChannelName")
        if name is None:
            continue
        row = next((row for row in macos().channel if name in (row.name, row.former_name)), None)
        if row is None:
            known = ", ".join(one.name for one in macos().channel)
            raise LabError(f"{path} sets ChannelName to {name!r}, which is no update channel. Use one of: {known}.")
        return row
    return macos().channel[0]
