"""What a disk holds before a device uses it, and the way back to that. Counterpart of `mdelab.lab.remote.keeper`.

Every path has a mark: inode, type and mode, and the time at which the inode last changed. A program can set every other time of
a file, but not that one; so a path with the mark that was noted is the one that was noted, and its content is not read
again. What is needed to make a path anew is kept beside its mark, but not the content of files that belong to the system
rather than to a device: when one of those changed, there is no way back.
"""

import contextlib
import errno
import os
import shutil
import stat
import time
from collections.abc import Iterator
from dataclasses import dataclass

Mark = tuple[int, int, int]

_BESIDE = ".mdelab-pristine"
"""Ends the name under which something is made anew before it takes its place, as package managers do it: making it there at once
fails on some storage drivers, after a package manager has removed it."""

_TICK_NS = 20_000_000
"""Kernels stamp files with a clock that moves in steps of up to 10 ms: what was changed within the same step as it was noted
would keep its mark."""


class Spoilt(Exception):
    """There is no way back; the text names the path and says why."""


@dataclass(frozen=True, slots=True)
class _Whole:
    """What it takes to make one path anew."""

    mode: int
    owner: tuple[int, int]
    modified_ns: int
    content: bytes
    """Of a file; a link's target; empty for a folder."""


class Pristine:
    """A disk as it was when this was made. Nothing may write to it meanwhile, nor during `restore`."""

    def __init__(self, top: str = "/", *, borders: frozenset[str] = frozenset(), system: tuple[str, ...] = ()) -> None:
        """borders: folders whose inside is not looked at. system: folders whose files' content is not kept."""
        self._top = top
        self._borders = borders
        self._system = tuple(f"{path.rstrip('/')}/" for path in system)
        self._marks: dict[str, Mark] = {}
        self._wholes: dict[str, _Whole] = {}
        self._names: dict[str, frozenset[str]] = {}
        """Of each folder."""
        for path, found in self._walk(top):
            self._note(path, found)
        _pass_a_tick()

    def restore(self) -> None:
        """Make everything as it was. Raises Spoilt, and OSError for what cannot be written; then the disk is of no use."""
        changed = self._changed()
        for path in changed:
            if path not in self._wholes:
                raise Spoilt(f"{path} was changed or removed, and what was in it is not known")
        for path in changed:
            self._remake(path)
        for path in changed:
            for name in self._unknown_in(path):
                remove(f"{path.rstrip('/')}/{name}")
        # What is made anew changes the folder above it, hence those too, and the deepest first.
        touched = sorted({*changed, *map(os.path.dirname, changed)} & self._marks.keys(), reverse=True)
        for path in touched:
            self._put_right(path)
        for path in touched:
            self._check(path)
        _pass_a_tick()

    # Noting

    def _walk(self, folder: str) -> Iterator[tuple[str, os.stat_result]]:
        """Every path, folders before what is in them."""
        yield folder, os.lstat(folder)
        waiting = [folder]
        while waiting:
            folder = waiting.pop()
            names = []
            with os.scandir(folder) as entries:
                for entry in entries:
                    names.append(entry.name)
                    if entry.path in self._borders:
                        continue
                    found = entry.stat(follow_symlinks=False)
                    if stat.S_ISDIR(found.st_mode):
                        waiting.append(entry.path)
                    yield entry.path, found
            self._names[folder] = frozenset(names)

    def _note(self, path: str, found: os.stat_result) -> None:
        self._marks[path] = _mark(found)
        kind = stat.S_IFMT(found.st_mode)
        if kind == stat.S_IFDIR:
            content = b""
        elif kind == stat.S_IFLNK:
            content = os.fsencode(os.readlink(path))
        elif kind == stat.S_IFREG and found.st_nlink == 1 and not path.startswith(self._system):
            with open(path, "rb") as file:
                content = file.read()
        else:
            return
        self._wholes[path] = _Whole(found.st_mode, (found.st_uid, found.st_gid), found.st_mtime_ns, content)

    # Restoring

    def _changed(self) -> list[str]:
        """What has not the mark that was noted, in the order of noting; with everything below a folder that is none any more."""
        changed: list[str] = []
        lost: set[str] = set()
        for path, mark in self._marks.items():
            if os.path.dirname(path) in lost and path != self._top:
                lost.add(path)
                changed.append(path)
                continue
            try:
                found = os.lstat(path)
            except (FileNotFoundError, NotADirectoryError):
                lost.add(path)
                changed.append(path)
                continue
            if _mark(found) != mark:
                changed.append(path)
                if path in self._names and not stat.S_ISDIR(found.st_mode):
                    lost.add(path)
        return changed

    def _remake(self, path: str) -> None:
        whole = self._wholes[path]
        if stat.S_ISDIR(whole.mode):
            if not _is_folder(path):
                remove(path)
                os.mkdir(path)
            return
        if _is_folder(path):
            remove(path)
        beside = f"{path}{_BESIDE}"
        if stat.S_ISLNK(whole.mode):
            os.symlink(whole.content, os.fsencode(beside))
        else:
            _write(beside, whole.content)
        try:
            os.replace(beside, path)
        except OSError as error:
            os.unlink(beside)
            if error.errno != errno.EBUSY:
                raise
            _write(path, whole.content)  # a file that the container engine has mounted cannot be replaced

    def _unknown_in(self, path: str) -> list[str]:
        known = self._names.get(path)
        return [] if known is None else [name for name in os.listdir(path) if name not in known]

    def _put_right(self, path: str) -> None:
        whole = self._wholes[path]
        for attribute in _attributes(path):
            os.removexattr(path, attribute, follow_symlinks=False)
        os.chown(path, *whole.owner, follow_symlinks=False)
        if not stat.S_ISLNK(whole.mode):
            os.chmod(path, stat.S_IMODE(whole.mode))
        os.utime(path, ns=(whole.modified_ns, whole.modified_ns), follow_symlinks=False)

    def _check(self, path: str) -> None:
        whole, found = self._wholes[path], os.lstat(path)
        now = (found.st_mode, (found.st_uid, found.st_gid), found.st_mtime_ns)
        if now != (whole.mode, whole.owner, whole.modified_ns):
            raise Spoilt(f"{path} could not be made as it was: it is {now}")
        if self._unknown_in(path):
            raise Spoilt(f"{path} holds what could not be removed: {', '.join(self._unknown_in(path))}")
        self._marks[path] = _mark(found)


def _mark(found: os.stat_result) -> Mark:
    return found.st_ino, found.st_mode, found.st_ctime_ns


def _write(path: str, content: bytes) -> None:
    with open(path, "wb") as file:
        file.write(content)


def _is_folder(path: str) -> bool:
    return os.path.isdir(path) and not os.path.islink(path)


def remove(path: str) -> None:
    """Harmless when there is nothing."""
    if _is_folder(path):
        shutil.rmtree(path)
    else:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)


def _attributes(path: str) -> list[str]:
    try:
        return os.listxattr(path, follow_symlinks=False)
    except OSError:  # this file system has none
        return []


def _pass_a_tick() -> None:
    """Return when the kernel's clock for files has moved on."""
    end = time.monotonic_ns() + _TICK_NS
    while (left := end - time.monotonic_ns()) > 0:
        time.sleep(left / 1e9)
