"""The client as it lies on a Mac's disk: its application bundle with the version, and the update channel that is set."""

from mdelab.catalogue.health import health
from mdelab.catalogue.macos import Channel, macos
from mdelab.endpoint import property_list
from mdelab.endpoint.files import FileTree
from mdelab.endpoint.managed_files import FOLDER
from mdelab.model.errors import LabError

APPLICATION = "/Applications/Microsoft Defender.app"
INFORMATION = f"{APPLICATION}/Contents/Info.plist"

_UPDATER = "com.microsoft.autoupdate2"
_UPDATER_FILES = (f"{FOLDER}/{_UPDATER}.plist", f"/Library/Preferences/{_UPDATER}.plist")
"""Strongest first: what MDM delivers wins."""

_VERSION_KEY = "CFBundleShortVersionString"


def version(files: FileTree) -> str:
    """The installed version; that of the lab's client where the bundle does not say. Raises LabError."""
    found = property_list.read_dictionary(files, INFORMATION).get(_VERSION_KEY)
    return found if isinstance(found, str) else health().product.app_version


def set_version(files: FileTree, text: str) -> None:
    """Raises LabError for a bundle whose information does not parse."""
    known = property_list.read_dictionary(files, INFORMATION)
    property_list.write(files, INFORMATION, {"CFBundleIdentifier": "com.microsoft.wdav", **known, _VERSION_KEY: text})


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
