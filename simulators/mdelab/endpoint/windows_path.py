r"""Windows paths and where they lie in a device's files: `C:\Dir\File` is `/C:/Dir/File` in the tree.

The tree minds the case of letters, Windows does not: `find` gives the spelling under which a path is there already.
"""

import re

from mdelab.endpoint.files import FileTree
from mdelab.model.errors import LabError

_DRIVE = re.compile(r"([A-Za-z]):(.*)", re.DOTALL)
_FORBIDDEN = re.compile(r'[<>"|?*\0]')


def to_tree(path: str, folder: str = "/C:") -> str:
    r"""`path` as a path of the tree, without `.` and `..`. Raises LabError for what no Windows path can be.

    folder: where a relative path begins, as a path of the tree; `/` stands for `C:\`. A path of the tree (`/C:/Dir`) stays.
    """
    text = path.strip().replace("\\", "/")
    match = _DRIVE.fullmatch(text)
    if text.startswith("//"):
        raise LabError(
            f"the path {path!r} is on another machine, which the lab does not simulate. Use a path of drive C:."
        )
    if match:
        drive, rest = match[1].upper(), match[2]
    elif _DRIVE.match(text[1:]) and text.startswith("/"):
        drive, rest = text[1].upper(), text[3:]
    else:
        start = folder if folder not in ("", "/") else "/C:"
        at = _DRIVE.fullmatch(start[1:])
        drive = at[1].upper() if at else "C"
        rest = text if text.startswith("/") else f"{at[2] if at else start}/{text}"
    if _FORBIDDEN.search(rest) or ":" in rest:
        raise LabError(
            f'the path {path!r} is none that Windows can have: < > " | ? * and a second colon are not allowed. '
            r"Write it such as C:\Users\Public\report.txt."
        )
    parts: list[str] = []
    for part in rest.split("/"):
        if part == "..":
            del parts[-1:]
        elif part.rstrip(". "):
            # Windows drops dots and blanks at the end of a name.
            parts.append(part.rstrip(". "))
    return "/" + "/".join([f"{drive}:", *parts])


def to_windows(path: str) -> str:
    r"""A path of the tree as Windows writes it: `/C:/Dir` is `C:\Dir`, `/C:` and `/` are `C:\`."""
    text = path.strip("/") or "C:"
    if not _DRIVE.fullmatch(text):
        # Something above the drives, which a real device does not have.
        return "\\" + text.replace("/", "\\")
    return text.replace("/", "\\") + ("\\" if "/" not in text else "")


def find(files: FileTree, path: str) -> str:
    """`path` (of the tree) in the spelling under which it is there, as far as it is; the given spelling for the rest."""
    if files.exists(path):
        return path
    found = ""
    parts = path.strip("/").split("/")
    for index, part in enumerate(parts):
        if files.exists(f"{found}/{part}"):
            found += f"/{part}"
            continue
        spelling = next((name for name in children(files, found or "/") if name.lower() == part.lower()), None)
        if spelling is None:
            return "/".join([found, *parts[index:]])
        found += f"/{spelling}"
    return found


def children(files: FileTree, folder: str) -> list[str]:
    """The names in a folder, sorted; empty folders too where the device's files lie on the host."""
    host = files.host_path(folder)
    if host is not None:
        return sorted(entry.name for entry in host.iterdir()) if host.is_dir() else []
    below = folder.rstrip("/") + "/"
    return sorted({path[len(below) :].split("/", 1)[0] for path in files.paths(folder)})
