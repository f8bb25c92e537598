"""A device's files: both trees keep the same promises, and no path leaves a device."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdelab.endpoint.files import FileTree, FolderTree, MemoryTree, normal
from mdelab.model.errors import LabError

Make = Callable[[Path], FileTree]
both = pytest.mark.parametrize(
    "make", [lambda path: FolderTree(path / "root"), lambda path: MemoryTree()], ids=["folder", "memory"]
)


@both
def test_a_file_is_written_read_listed_and_removed(tmp_path: Path, make: Make) -> None:
    tree = make(tmp_path)
    tree.write("/etc/opt/a.json", b"1", 0o600)
    tree.append("/etc/opt/a.json", b"2")
    tree.append("/var/log/x.log", b"line\n")
    assert tree.read("/etc/../etc//opt/a.json") == b"12"
    assert tree.mode("/etc/opt/a.json") == 0o600
    tree.chmod("/etc/opt/a.json", 0o755)
    assert tree.mode("/etc/opt/a.json") == 0o755
    assert tree.exists("/etc/opt")
    assert tree.is_folder("/etc/opt")
    assert not tree.is_folder("/etc/opt/a.json")
    tree.make_folder("/home/empty")
    assert tree.is_folder("/home/empty")
    assert tree.paths() == ["/etc/opt/a.json", "/var/log/x.log"]
    assert tree.paths("/etc") == ["/etc/opt/a.json"]
    tree.remove("/etc/opt/a.json")
    assert not tree.exists("/etc/opt/a.json")


@both
@pytest.mark.parametrize("path", ["/missing", "/folder"])
def test_what_is_no_file_is_not_found(tmp_path: Path, make: Make, path: str) -> None:
    tree = make(tmp_path)
    tree.write("/folder/file", b"")
    with pytest.raises(FileNotFoundError):
        tree.read(path)
    with pytest.raises(FileNotFoundError):
        tree.remove(path)


@both
def test_watchers_hear_of_each_change(tmp_path: Path, make: Make) -> None:
    tree = make(tmp_path)
    heard: list[str] = []
    tree.watch(heard.append)
    tree.write("/a", b"1")
    tree.append("/a", b"2")
    tree.remove("/a")
    tree.rescan()
    assert heard == ["/a", "/a", "/a"]


def test_what_a_real_program_did_is_found_by_a_rescan(tmp_path: Path) -> None:
    tree = FolderTree(tmp_path)
    tree.write("/tmp/old", b"1")
    tree.write("/tmp/gone", b"1")
    heard: list[str] = []
    tree.watch(heard.append)
    (tmp_path / "tmp/new").write_bytes(b"curl was here")
    (tmp_path / "tmp/old").write_bytes(b"22")
    (tmp_path / "tmp/gone").unlink()
    tree.rescan()
    assert heard == ["/tmp/gone", "/tmp/new", "/tmp/old"]
    tree.rescan()
    assert len(heard) == 3


def test_a_folder_that_was_listed_before_is_listed_again_when_it_has_changed(tmp_path: Path) -> None:
    (tmp_path / "etc/deep").mkdir(parents=True)
    (tmp_path / "etc/deep/gone").write_bytes(b"1")
    tree = FolderTree(tmp_path)
    deadline = time.monotonic() + 10
    while len(tree._folders) < 3:  # what has just changed is not remembered
        assert time.monotonic() < deadline
        tree.rescan()
    heard: list[str] = []
    tree.watch(heard.append)

    (tmp_path / "etc/deep/gone").unlink()
    (tmp_path / "etc/deep/new").write_bytes(b"1")
    tree.rescan()
    (tmp_path / "etc/deep/newer").write_bytes(b"1")
    (tmp_path / "etc/below").mkdir()
    (tmp_path / "etc/below/file").write_bytes(b"1")
    tree.rescan()

    assert heard == ["/etc/deep/gone", "/etc/deep/new", "/etc/below/file", "/etc/deep/newer"]
    assert tree.paths("/etc") == ["/etc/below/file", "/etc/deep/new", "/etc/deep/newer"]


@pytest.mark.parametrize("link", ["/etc", "..", "../outside"])
def test_a_symbolic_link_leads_nobody_out_of_the_device(tmp_path: Path, link: str) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "passwd").write_text("secret")
    tree = FolderTree(tmp_path / "root")
    (tmp_path / "root/link").symlink_to(link if link.startswith("/") else os.path.join(tmp_path, "root", link))
    for act in (tree.read, tree.exists, tree.remove, tree.mode):
        with pytest.raises(LabError, match="leads out of the device"):
            act("/link/passwd")
    with pytest.raises(LabError, match="leads out of the device"):
        tree.write("/link/passwd", b"overwritten")
    assert (outside / "passwd").read_text() == "secret"


@pytest.mark.parametrize("path", ["", "relative", "a/../../b", "/nul\0byte"])
def test_a_path_that_is_not_absolute_is_an_error_of_the_caller(path: str) -> None:
    with pytest.raises(LabError, match="not an absolute path"):
        normal(path)


@given(st.lists(st.sampled_from(["..", ".", "", "etc", "a b", "ü"]), max_size=8))
def test_a_normal_path_stays_below_the_root(parts: list[str]) -> None:
    path = normal("/" + "/".join(parts))
    assert path.startswith("/")
    assert ".." not in path.split("/")
    assert normal(path) == path


def test_a_file_in_the_way_of_a_folder_is_said_to_be_one(tmp_path: Path) -> None:
    tree = FolderTree(tmp_path)
    tree.write("/file", b"")
    with pytest.raises(LabError, match="is a file on the device"):
        tree.write("/file/below", b"")
    tree.make_folder("/folder")
    with pytest.raises(LabError, match="it is a folder"):
        tree.write("/folder", b"")


def test_a_stamp_tells_that_a_file_was_written_by_somebody_else(tmp_path):
    tree = FolderTree(tmp_path)
    assert tree.stamp("/a/b") is None
    tree.write("/a/b", b"one")
    first = tree.stamp("/a/b")
    assert tree.stamp("/a/b") == first
    (tmp_path / "a" / "b").write_bytes(b"another")
    assert tree.stamp("/a/b") != first


def test_a_link_in_the_middle_of_a_path_is_not_followed_out_of_the_device(tmp_path):
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret").write_text("x")
    tree = FolderTree(tmp_path / "device")
    (tmp_path / "device" / "way").symlink_to(tmp_path / "outside")
    with pytest.raises(LabError, match="symbolic link"):
        tree.read("/way/secret")
