"""The queue of events: what is on disk is what is in memory, whatever happened in between."""

from datetime import UTC, datetime
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from mdelab.endpoint.files import FolderTree, MemoryTree
from mdelab.endpoint.queue import Queue, QueueStore
from mdelab.model.channel import MAX_BODY_BYTES, Event

AT = datetime(2026, 1, 5, tzinfo=UTC)

FOLDER = "/queue"


def event(number: int, size: int = 1) -> Event:
    return Event(id=f"e-{number}", at=AT, type="FileRead", fields={"TargetFilename": "x" * size})


@settings(max_examples=40, deadline=None)
@given(st.lists(st.one_of(st.just("restart"), st.integers(1, 700), st.integers(-700, -1)), max_size=12))
def test_disk_and_memory_agree_after_any_order_of_additions_acknowledgements_and_restarts(
    steps: list[int | str],
) -> None:
    files = MemoryTree()
    queue, store = Queue(capacity=3000), QueueStore(files, FOLDER)
    number = 0
    for step in steps:
        if isinstance(step, str):
            store = QueueStore(files, FOLDER)
            queue = Queue(store.load(), capacity=3000)
        elif step > 0:
            for _ in range(step):
                number += 1
                if queue.add(event(number)):
                    store.append(event(number))
        else:
            count = min(-step, len(queue))
            queue.forget(count)
            store.forget(count)
        assert [one.id for one in QueueStore(files, FOLDER).load()] == [
            f"e-{n}" for n in range(number - len(queue) + 1, number + 1)
        ]
        if not len(queue):
            assert files.paths(FOLDER) == []


def test_a_line_that_a_crash_cut_short_is_dropped_and_the_queue_goes_on(tmp_path: Path) -> None:
    files = FolderTree(tmp_path)
    store = QueueStore(files, FOLDER)
    store.append(event(1))
    store.append(event(2))
    (path,) = files.paths(FOLDER)
    files.write(path, files.read(path)[:-20])
    again = QueueStore(files, FOLDER)
    assert [one.id for one in again.load()] == ["e-1"]
    again.append(event(3))
    assert [one.id for one in QueueStore(files, FOLDER).load()] == ["e-1", "e-3"]


def test_a_batch_holds_what_the_cloud_takes_and_at_least_one_event() -> None:
    queue = Queue(event(number, 50_000) for number in range(20))
    batch = queue.batch()
    assert 1 < len(batch.events) < 20
    assert sum(len(one.fields["TargetFilename"]) for one in batch.events) < MAX_BODY_BYTES
    assert len(Queue([event(1, 2 * MAX_BODY_BYTES)]).batch().events) == 1
    assert len(Queue(event(number) for number in range(500)).batch().events) == 100
    assert len(queue) == 20
