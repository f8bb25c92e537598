"""A path as the user of a Windows device wrote it, as a path of the device's tree."""

from mdelab.endpoint.program import Device, Io
from mdelab.endpoint.programs.windows.environment import SYSTEM_FOLDER
from mdelab.endpoint.windows_path import find, to_tree, to_windows


def folder_of(io: Io) -> str:
    r"""Where the process works, as a path of the tree; a caller of the lab may have given it as Windows writes it."""
    if io.cwd in ("", "/"):
        return SYSTEM_FOLDER
    return io.cwd if io.cwd.startswith("/") else to_tree(io.cwd)


def shown_folder(io: Io) -> str:
    """The working folder as Windows writes it."""
    return to_windows(folder_of(io))


def place(device: Device, io: Io, path: str) -> str:
    """In the spelling under which it is there, if it is. Raises LabError for what no path can be."""
    return find(device.machine.files, to_tree(path.strip('"'), folder_of(io)))


def is_there(device: Device, folder: str) -> bool:
    """Whether a folder of the tree is there; the drive and Windows' own folders always are."""
    return folder.count("/") < 2 or folder.lower().startswith("/c:/windows") or device.machine.files.is_folder(folder)
