"""Windows paths as paths of the tree, and back."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdelab.endpoint.files import FileTree, FolderTree, MemoryTree
from mdelab.endpoint.windows_path import find, to_tree, to_windows
from mdelab.model.errors import LabError


@pytest.mark.parametrize(
    ("path", "folder", "tree"),
    [
        (r"C:\Dir\File.txt", "/C:", "/C:/Dir/File.txt"),
        ("c:/Dir/File.txt", "/C:", "/C:/Dir/File.txt"),
        (r"C:\\test-MDATP-test\\invoice.exe", "/C:", "/C:/test-MDATP-test/invoice.exe"),
        (r"C:\a\..\b\.\c", "/C:", "/C:/b/c"),
        (r"C:\..\..\b", "/C:", "/C:/b"),
        ("C:", "/C:", "/C:"),
        ("C:\\", "/C:", "/C:"),
        (r"\Windows", "/C:/Users", "/C:/Windows"),
        ("report.txt", "/C:/Users", "/C:/Users/report.txt"),
        ("report.txt", "/", "/C:/report.txt"),
        (r"..\report.txt", "/C:/Users/Public", "/C:/Users/report.txt"),
        ("/C:/Dir", "/C:", "/C:/Dir"),
        (r"d:\x", "/C:", "/D:/x"),
        ("C:\\name. . ", "/C:", "/C:/name"),
    ],
)
def test_a_windows_path_has_one_place_in_the_tree(path: str, folder: str, tree: str):
    assert to_tree(path, folder) == tree


@pytest.mark.parametrize("path", [r"\\server\share\x", r"C:\a<b", r"C:\a|b", "C:\\a\0b", r"C:\a:b", r"C:\*.txt"])
def test_what_no_path_can_be_is_refused(path: str):
    with pytest.raises(LabError, match="path"):
        to_tree(path)


@pytest.mark.parametrize(
    ("tree", "path"), [("/C:/Dir/F", r"C:\Dir\F"), ("/C:", "C:\\"), ("/", "C:\\"), ("/tmp/x", r"\tmp\x")]
)
def test_a_path_of_the_tree_is_written_as_windows_does(tree: str, path: str):
    assert to_windows(tree) == path


@given(st.lists(st.text("abcXYZ 09-_", min_size=1).filter(lambda name: name.strip() == name), max_size=4))
def test_there_and_back_is_the_same(parts: list[str]):
    path = "/".join(["/C:", *parts])
    assert to_tree(to_windows(path)) == path


@pytest.fixture(params=["folder", "memory"])
def files(request: pytest.FixtureRequest, tmp_path: Path) -> FileTree:
    return FolderTree(tmp_path / "disk") if request.param == "folder" else MemoryTree()


def test_a_file_is_found_in_any_case(files: FileTree):
    files.write("/C:/Program Files/Windows Defender/MpCmdRun.exe", b"x")

    assert find(files, "/C:/program files/WINDOWS DEFENDER/mpcmdrun.EXE") == (
        "/C:/Program Files/Windows Defender/MpCmdRun.exe"
    )
    assert find(files, "/C:/PROGRAM FILES/New/File") == "/C:/Program Files/New/File"
    assert find(files, "/D:/x/y") == "/D:/x/y"


def test_an_empty_folder_is_found_in_any_case(tmp_path: Path):
    files = FolderTree(tmp_path / "disk")
    files.make_folder("/C:/test-MDATP-test")

    assert find(files, "/C:/TEST-mdatp-test/invoice.exe") == "/C:/test-MDATP-test/invoice.exe"
