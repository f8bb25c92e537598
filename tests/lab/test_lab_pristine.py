"""The way back to what a disk was: every kind of change is undone, and what cannot be undone is said."""

import hashlib
import os
import shutil
import socket
from pathlib import Path

import pytest

from mdelab.lab.remote.pristine import Pristine, Spoilt


def _listing(top: Path) -> dict[str, tuple[object, ...]]:
    """Everything that a program could find of a disk, but for inodes and the times at which they changed."""
    found = {}
    for path in [top, *top.rglob("*")]:
        state = path.lstat()
        content = (
            os.readlink(path)
            if path.is_symlink()
            else hashlib.sha256(path.read_bytes()).hexdigest()
            if path.is_file()
            else ""
        )
        attributes = tuple(os.listxattr(path, follow_symlinks=False))
        found[str(path)] = (state.st_mode, state.st_uid, state.st_gid, state.st_mtime_ns, content, attributes)
    return found


@pytest.fixture
def disk(tmp_path):
    (tmp_path / "etc/deep/deeper").mkdir(parents=True)
    (tmp_path / "etc/hosts").write_text("127.0.0.1 localhost\n")
    (tmp_path / "etc/deep/deeper/conf").write_text("a = 1\n")
    (tmp_path / "etc/mtab").symlink_to("/proc/mounts")
    (tmp_path / "etc/away").symlink_to("nowhere")
    (tmp_path / "tmp").mkdir(mode=0o1777)
    (tmp_path / "usr/bin").mkdir(parents=True)
    (tmp_path / "usr/bin/tool").write_text("#!/bin/sh\n")
    (tmp_path / "run/border").mkdir(parents=True)
    (tmp_path / "run/border/lab").write_text("the lab's")
    (tmp_path / "empty").write_text("")
    return tmp_path


def _note(disk: Path) -> Pristine:
    return Pristine(str(disk), borders=frozenset({str(disk / "run/border")}), system=(str(disk / "usr"),))


def _write(disk: Path) -> None:
    (disk / "etc/hosts").write_text("10.0.0.1 elsewhere\n")


def _write_and_set_the_time_back(disk: Path) -> None:
    before = (disk / "etc/hosts").stat()
    (disk / "etc/hosts").write_text("127.0.0.1 LOCALHOST\n")
    os.utime(disk / "etc/hosts", ns=(before.st_atime_ns, before.st_mtime_ns))


def _new(disk: Path) -> None:
    (disk / "tmp/a/b").mkdir(parents=True)
    (disk / "tmp/a/b/c").write_text("left")
    (disk / ".hidden").write_text("left")
    (disk / "usr/bin/backdoor").write_text("left")
    os.mkfifo(disk / "tmp/pipe")
    with socket.socket(socket.AF_UNIX) as server:
        folder = os.open(disk / "tmp", os.O_PATH)
        server.bind(f"/proc/self/fd/{folder}/s")
        os.close(folder)


def _removed(disk: Path) -> None:
    (disk / "etc/hosts").unlink()
    (disk / "etc/mtab").unlink()
    shutil.rmtree(disk / "etc/deep")


def _modes(disk: Path) -> None:
    (disk / "etc/hosts").chmod(0o4777)
    (disk / "tmp").chmod(0o700)
    (disk / "usr/bin").chmod(0o555)


def _kinds(disk: Path) -> None:
    (disk / "etc/hosts").unlink()
    (disk / "etc/hosts").mkdir()
    (disk / "etc/hosts/inside").write_text("left")
    (disk / "etc/away").unlink()
    (disk / "etc/away").symlink_to("elsewhere")
    shutil.rmtree(disk / "etc/deep")
    (disk / "etc/deep").write_text("no folder")


def _folder_behind_a_link(disk: Path) -> None:
    (disk / "etc").rename(disk / "moved")
    (disk / "etc").symlink_to("moved")


def _swapped(disk: Path) -> None:
    (disk / "etc/hosts").rename(disk / "kept")
    (disk / "empty").rename(disk / "etc/hosts")
    (disk / "kept").rename(disk / "empty")


def _linked(disk: Path) -> None:
    os.link(disk / "etc/hosts", disk / "tmp/alias")
    (disk / "tmp/alias").write_text("written under another name\n")
    (disk / "tmp/alias").unlink()


def _attributes(disk: Path) -> None:
    try:
        os.setxattr(disk / "etc/hosts", "user.note", b"left")
    except OSError as error:
        pytest.skip(f"the file system of this folder has no attributes: {error}")
    os.setxattr(disk / "etc", "user.note", b"left")


CHANGES = (
    *(_write, _write_and_set_the_time_back, _new, _removed, _modes, _kinds, _folder_behind_a_link),
    *(_swapped, _linked, _attributes),
)


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__.strip("_"))
def test_a_change_leaves_no_trace(disk, change):
    pristine, before = _note(disk), _listing(disk)
    change(disk)
    assert _listing(disk) != before

    pristine.restore()

    assert _listing(disk) == before


def test_it_works_again_and_again(disk):
    pristine, before = _note(disk), _listing(disk)
    for _ in range(3):
        for change in (_write_and_set_the_time_back, _new, _removed):
            change(disk)
        pristine.restore()

        assert _listing(disk) == before


def test_what_is_behind_a_border_is_left_alone(disk):
    pristine = _note(disk)
    (disk / "run/border/lab").write_text("said since")

    pristine.restore()

    assert (disk / "run/border/lab").read_text() == "said since"


@pytest.mark.parametrize("how", [Path.unlink, Path.touch, lambda path: path.write_text("#!/bin/false\n")])
def test_a_change_of_the_system_itself_cannot_be_undone(disk, how):
    pristine = _note(disk)
    how(disk / "usr/bin/tool")

    with pytest.raises(Spoilt, match="usr/bin/tool was changed or removed"):
        pristine.restore()
