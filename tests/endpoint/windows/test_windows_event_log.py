"""The event log of a Windows device."""

from pathlib import Path

import pytest

from mdelab.endpoint.event_log import EventLog, path_of
from mdelab.endpoint.files import FileTree, FolderTree, MemoryTree
from mdelab.model.clock import EPOCH
from mdelab.model.errors import LabError

_SENSE = "Microsoft-Windows-SENSE/Operational"


@pytest.fixture(params=["folder", "memory"])
def files(request: pytest.FixtureRequest, tmp_path: Path) -> FileTree:
    return FolderTree(tmp_path / "disk") if request.param == "folder" else MemoryTree()


def test_events_are_numbered_in_their_channel_and_outlive_the_object(files: FileTree):
    log = EventLog(files)
    log.add(_SENSE, 1, "Information", "Microsoft-Windows-SENSE", "started\nversion 1", EPOCH)
    log.add("Application", 20, "Information", "WDATPOnboarding", "done", EPOCH)
    EventLog(files).add(_SENSE, 5, "Error", "Microsoft-Windows-SENSE", "could not connect", EPOCH)

    assert [(event.record, event.id, event.level) for event in log.read(_SENSE)] == [
        (1, 1, "Information"),
        (2, 5, "Error"),
    ]
    assert log.read(_SENSE)[0].text == "started\nversion 1"
    assert [event.record for event in log.read("Application")] == [1]
    assert log.read("System") == []


def test_the_file_is_named_as_windows_names_it():
    assert path_of(_SENSE) == "/C:/Windows/System32/winevt/Logs/Microsoft-Windows-SENSE%4Operational.jsonl"


def test_a_full_channel_drops_its_oldest_events_and_counts_on(files: FileTree):
    log = EventLog(files, most_bytes=2_000)
    for number in range(1, 101):
        log.add("Application", 1, "Information", "test", "x" * 50, EPOCH)
        assert len(files.read(path_of("Application"))) <= 2_000
        assert log.read("Application")[-1].record == number
    assert log.read("Application")[0].record > 1


def test_a_log_that_was_removed_begins_anew(files: FileTree):
    log = EventLog(files)
    log.add("Application", 1, "Information", "test", "x", EPOCH)
    files.remove(path_of("Application"))
    log.add("Application", 1, "Information", "test", "x", EPOCH)
    assert [event.record for event in log.read("Application")] == [1]


def test_a_line_that_does_not_parse_is_named(files: FileTree):
    EventLog(files).add("Application", 1, "Information", "test", "x", EPOCH)
    files.append(path_of("Application"), b"garbage\n")
    with pytest.raises(LabError, match=r"Application\.jsonl, line 2"):
        EventLog(files).read("Application")


@pytest.mark.parametrize("channel", ["", "a/b/c", "a\0", "a\\b"])
def test_a_channel_that_cannot_be_is_refused(channel: str):
    with pytest.raises(LabError, match="no name of an event log"):
        EventLog(MemoryTree()).read(channel)
