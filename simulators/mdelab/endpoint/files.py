"""The files of a device: a folder of the host for endpoints, a dictionary for fleets.

Paths are absolute POSIX strings as the device sees them (`/etc/os-release`). Whoever watches a tree is told of every
change, also of those that a real program made behind its back (`rescan`). What a device's files *are* at its start is
`mdelab.endpoint.layout`.
"""

import errno
import os
import posixpath
import stat
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

from mdelab.model.errors import LabError

Watcher = Callable[[str], None]
"""Called with the path after each change; the file may be gone."""

_Mark = tuple[int, int, int]
"""Time of change, size and inode: tells whether a file is the one that we last saw."""

_Inside = tuple[tuple[str, ...], tuple[str, ...]]
"""Paths of the files and of the folders in a folder."""

_TICK_NS = 20_000_000
"""Kernels stamp files with a clock that moves in steps of up to 10 ms: two changes within one step have the same time."""


class FileTree(Protocol):
    """What programs, sensor and agent know of a device's files."""

    def read(self, path: str) -> bytes:
        """Raises FileNotFoundError, also for a folder."""
        ...

    def write(self, path: str, content: bytes, mode: int = 0o644) -> None:
        """Replace the file at once, so that no reader sees half of it; makes the folders above it."""
        ...

    def append(self, path: str, content: bytes) -> None:
        """Add to the end of the file, which is made when it is not there."""
        ...

    def remove(self, path: str) -> None:
        """Raises FileNotFoundError when there is no such file."""
        ...

    def exists(self, path: str) -> bool:
        """Whether a file or a folder is there."""
        ...

    def is_folder(self, path: str) -> bool: ...

    def stamp(self, path: str) -> object:
        """Something that is another whenever the file was written anew, by us or not; None when there is none."""
        ...

    def make_folder(self, path: str) -> None:
        """Make the folder and those above it; harmless when it is there."""
        ...

    def mode(self, path: str) -> int:
        """Permission bits, such as 0o600. Raises FileNotFoundError."""
        ...

    def chmod(self, path: str, mode: int) -> None: ...

    def paths(self, under: str = "/") -> list[str]:
        """Every file below `under`, sorted."""
        ...

    def watch(self, callback: Watcher) -> None: ...

    def rescan(self) -> None:
        """Find what changed without us and tell the watchers."""
        ...

    def host_path(self, path: str) -> Path | None:
        """Where it lies on the host; None when it lies nowhere."""
        ...


def normal(path: str) -> str:
    """`path` without `.`, `..` and doubled slashes; `..` above the root stays at the root, as on a real system.

    Raises LabError for a path that is not absolute or holds a NUL.
    """
    if not path.startswith("/") or "\0" in path:
        raise LabError(
            f"the path {path!r} is not an absolute path of the device. Write it from the root, such as '/tmp/report.txt'."
        )
    return "/" + posixpath.normpath(path).lstrip("/")


class FolderTree:
    """A device's files under a folder of the host. No path leaves that folder, not through a symbolic link either."""

    def __init__(self, root: Path, outside: tuple[str, ...] = ()) -> None:
        """outside: folders that are not the device's own: they can be read, and are neither listed nor watched."""
        root.mkdir(parents=True, exist_ok=True)
        self._root = root.resolve()
        self._top = str(self._root).rstrip("/")
        self._outside = frozenset(outside)
        self._watchers: list[Watcher] = []
        self._folders: dict[str, tuple[int, _Inside]] = {}
        """What is in a folder, with the time at which that last changed; none of which that was just now."""
        self._seen: dict[str, _Mark] = self._marks()

    def read(self, path: str) -> bytes:
        try:
            return self._host(path).read_bytes()
        except (IsADirectoryError, NotADirectoryError) as error:
            raise FileNotFoundError(f"no file {path!r} on the device") from error

    def write(self, path: str, content: bytes, mode: int = 0o644) -> None:
        host = self._host(path)
        if host.is_dir():
            raise LabError(f"cannot write {path!r}: it is a folder on the device. Give the path of a file in it.")
        try:
            host.parent.mkdir(parents=True, exist_ok=True)
        except (FileExistsError, NotADirectoryError) as error:
            raise LabError(
                f"cannot write {path!r}: a part of the path is a file on the device. Remove that file or write elsewhere."
            ) from error
        beside = host.with_name(f".{host.name[:200]}.new")
        beside.write_bytes(content)
        beside.chmod(mode)
        try:
            beside.replace(host)
        except OSError as error:
            beside.unlink()
            if error.errno != errno.EBUSY:
                raise
            host.write_bytes(content)  # a file that a container engine has mounted cannot be replaced
        self._note(normal(path), host)

    def append(self, path: str, content: bytes) -> None:
        host = self._host(path)
        if not host.exists():
            self.write(path, content)
            return
        with host.open("ab") as file:
            file.write(content)
        self._note(normal(path), host)

    def remove(self, path: str) -> None:
        host = self._host(path)
        try:
            host.unlink()
        except (IsADirectoryError, NotADirectoryError, PermissionError) as error:
            raise FileNotFoundError(f"no file {path!r} on the device") from error
        self._seen.pop(normal(path), None)
        self._tell(normal(path))

    def exists(self, path: str) -> bool:
        return self._host(path).exists()

    def is_folder(self, path: str) -> bool:
        return self._host(path).is_dir()

    def stamp(self, path: str) -> object:
        return _mark(f"{self._top}{normal(path)}")

    def make_folder(self, path: str) -> None:
        try:
            self._host(path).mkdir(parents=True, exist_ok=True)
        except (FileExistsError, NotADirectoryError) as error:
            raise LabError(f"cannot make the folder {path!r}: a file has that name. Choose another name.") from error

    def mode(self, path: str) -> int:
        return stat.S_IMODE(self._host(path).stat().st_mode)

    def chmod(self, path: str, mode: int) -> None:
        self._host(path).chmod(mode)

    def paths(self, under: str = "/") -> list[str]:
        self._host(under)  # raises LabError for what leads out of the device
        return sorted(self._walk(normal(under).rstrip("/")))

    def watch(self, callback: Watcher) -> None:
        self._watchers.append(callback)

    def rescan(self) -> None:
        before, now = self._seen, self._marks()
        self._seen = now
        for path in sorted({path for path in before.keys() | now.keys() if before.get(path) != now.get(path)}):
            self._tell(path)

    def host_path(self, path: str) -> Path | None:
        return self._host(path)

    def _host(self, path: str) -> Path:
        below = normal(path)
        host = self._root / below.lstrip("/")
        # A link may point anywhere on the host: what counts is where it leads in the end.
        if self._has_link(below) and not host.resolve().is_relative_to(self._root):
            raise LabError(
                f"the path {path!r} leads out of the device through a symbolic link, which the lab does not follow. "
                "Remove the link or point it inside the device."
            )
        return host

    def _has_link(self, path: str) -> bool:
        """Whether a part of a normal path is a symbolic link; asked at every access, so without following any."""
        place = self._top
        for part in path.split("/"):
            if not part:
                continue
            place = f"{place}/{part}"
            try:
                if stat.S_ISLNK(os.lstat(place).st_mode):
                    return True
            except (FileNotFoundError, NotADirectoryError):
                return False
        return False

    def _marks(self) -> dict[str, _Mark]:
        marks: dict[str, _Mark] = {}
        for path in self._walk(""):
            if (mark := _mark(f"{self._top}{path}")) is not None:  # else it has gone since
                marks[path] = mark
        return marks

    def _walk(self, folder: str) -> Iterator[str]:
        """Every file below a folder of the device ("" for the root), as the device sees its path; links are not followed."""
        waiting = [folder]
        while waiting:
            files, folders = self._inside(waiting.pop())
            waiting += folders
            yield from files

    def _inside(self, folder: str) -> _Inside:
        """The files and the folders in a folder, which is listed only when it has changed: a listing costs far more than a look
        in a container, and a device there is looked through whenever the lab asks what is in flight."""
        place = f"{self._top}{folder}/"
        try:
            changed_ns = os.lstat(place).st_ctime_ns
            if (known := self._folders.get(folder)) is not None and known[0] == changed_ns:
                return known[1]
            is_settled = changed_ns < time.time_ns() - _TICK_NS
            with os.scandir(place) as entries:
                inside = self._sorted_out(folder, entries)
        except OSError:  # it has gone since, or cannot be read
            return (), ()
        if is_settled:
            self._folders[folder] = changed_ns, inside
        return inside

    def _sorted_out(self, folder: str, entries: Iterator[os.DirEntry[str]]) -> _Inside:
        files: list[str] = []
        folders: list[str] = []
        for entry in entries:
            path = f"{folder}/{entry.name}"
            if not entry.is_dir():
                files.append(path)
            elif not entry.is_symlink() and path not in self._outside:
                folders.append(path)
        return tuple(files), tuple(folders)

    def _note(self, path: str, host: Path) -> None:
        mark = _mark(host)
        if mark is not None:
            self._seen[path] = mark
        self._tell(path)

    def _tell(self, path: str) -> None:
        for callback in list(self._watchers):
            callback(path)


def _mark(host: Path | str) -> _Mark | None:
    try:
        found = os.lstat(host)
    except (FileNotFoundError, NotADirectoryError):
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


class MemoryTree:
    """A device's files in memory: for fleets, where a folder each would be thousands of files."""

    __slots__ = ("_files", "_folders", "_watchers")

    def __init__(self) -> None:
        self._files: dict[str, tuple[bytes, int]] = {}
        self._folders: set[str] = set()
        self._watchers: list[Watcher] = []

    def read(self, path: str) -> bytes:
        return self._file(path)[0]

    def write(self, path: str, content: bytes, mode: int = 0o644) -> None:
        path = normal(path)
        self._files[path] = (content, mode)
        self._tell(path)

    def append(self, path: str, content: bytes) -> None:
        before, mode = self._files.get(normal(path), (b"", 0o644))
        self.write(path, before + content, mode)

    def remove(self, path: str) -> None:
        self._file(path)
        path = normal(path)
        del self._files[path]
        self._tell(path)

    def exists(self, path: str) -> bool:
        return normal(path) in self._files or self.is_folder(path)

    def is_folder(self, path: str) -> bool:
        path = normal(path)
        below = path.rstrip("/") + "/"
        return path in self._folders or path == "/" or any(known.startswith(below) for known in self._files)

    def stamp(self, path: str) -> object:
        return self._files.get(normal(path))

    def make_folder(self, path: str) -> None:
        self._folders.add(normal(path))

    def mode(self, path: str) -> int:
        return self._file(path)[1]

    def chmod(self, path: str, mode: int) -> None:
        self._files[normal(path)] = (self._file(path)[0], mode)

    def paths(self, under: str = "/") -> list[str]:
        below = normal(under).rstrip("/") + "/"
        return sorted(path for path in self._files if path.startswith(below))

    def watch(self, callback: Watcher) -> None:
        self._watchers.append(callback)

    def rescan(self) -> None:
        """Nothing can change a memory tree without us."""

    def host_path(self, path: str) -> Path | None:
        return None

    def _file(self, path: str) -> tuple[bytes, int]:
        try:
            return self._files[normal(path)]
        except KeyError as error:
            raise FileNotFoundError(f"no file {path!r} on the device") from error

    def _tell(self, path: str) -> None:
        for callback in list(self._watchers):
            callback(path)


def put(files: FileTree, path: str, text: str) -> None:
    """Write a file unless it is there."""
    if not files.exists(path):
        files.write(path, text.encode())
