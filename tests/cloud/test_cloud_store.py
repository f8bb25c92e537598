"""The store: acknowledged means committed, one bad job does not hurt its neighbours, and a full disk is survived."""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from cloud_ground import MACHINE, Ground, on_cloud

from mdelab.cloud.store import Store, StoreUnavailable


def _on_store(tmp_path: Path, story: Callable[[Store], Awaitable[None]]) -> None:
    async def run() -> None:
        store = Store(tmp_path / "store.sqlite")
        await store.open()
        try:
            await asyncio.wait_for(story(store), 30)
        finally:
            await store.close()

    asyncio.run(run())


def _insert(name: str) -> Callable[[sqlite3.Connection], None]:
    def job(connection: sqlite3.Connection) -> None:
        connection.execute("INSERT INTO records VALUES ('t', 'k', ?, 'd')", (name,))

    return job


def test_what_was_acknowledged_is_there_for_another_connection(tmp_path: Path) -> None:
    async def story(store: Store) -> None:
        await store.commit(_insert("a"))
        with sqlite3.connect(tmp_path / "store.sqlite") as other:
            assert other.execute("SELECT id FROM records").fetchall() == [("a",)]
        other.close()

    _on_store(tmp_path, story)


def test_jobs_that_arrive_together_share_commits(tmp_path: Path) -> None:
    async def story(store: Store) -> None:
        await asyncio.gather(*(store.commit(_insert(str(number))) for number in range(200)))
        assert store.read("SELECT COUNT(*) FROM records") == [(200,)]
        assert store.commits < 200

    _on_store(tmp_path, story)


def test_a_job_whose_commit_fails_is_not_acknowledged_and_its_neighbours_are(tmp_path: Path) -> None:
    """A deferred foreign key lets the statement pass and the commit fail."""

    def prepare(connection: sqlite3.Connection) -> None:
        connection.execute("CREATE TABLE parent (id INTEGER PRIMARY KEY)")
        connection.execute("CREATE TABLE child (id INTEGER REFERENCES parent DEFERRABLE INITIALLY DEFERRED)")

    def orphan(connection: sqlite3.Connection) -> str:
        connection.execute("INSERT INTO child VALUES (7)")
        return "done, but not committed"

    async def story(store: Store) -> None:
        await store.commit(prepare)
        outcomes = await asyncio.gather(
            store.commit(_insert("before")),
            store.commit(orphan),
            store.commit(_insert("after")),
            return_exceptions=True,
        )
        assert isinstance(outcomes[1], StoreUnavailable)
        assert (outcomes[0], outcomes[2]) == (None, None)
        assert store.read("SELECT id FROM records ORDER BY id") == [("after",), ("before",)]
        assert store.read("SELECT COUNT(*) FROM child") == [(0,)]

    _on_store(tmp_path, story)


def test_a_job_that_raises_gets_its_own_error(tmp_path: Path) -> None:
    def wrong(connection: sqlite3.Connection) -> None:
        raise ValueError("mine")

    async def story(store: Store) -> None:
        with pytest.raises(ValueError, match="mine"):
            await store.commit(wrong)
        await store.commit(_insert("a"))

    _on_store(tmp_path, story)


def _set_size(pages: int) -> Callable[[sqlite3.Connection], None]:
    def job(connection: sqlite3.Connection) -> None:
        connection.execute(f"PRAGMA max_page_count = {pages}")

    return job


def test_a_full_disk_acknowledges_nothing_and_the_lab_recovers(tmp_path: Path) -> None:
    async def story(ground: Ground) -> None:
        store = ground.cloud._store
        await ground.enrol()
        assert (await ground.report(ground.event(1))).status == 200
        await store.commit(_set_size(1))
        large = "x" * 300_000
        refused = await ground.report(ground.event(2, "ProcessCreated", CommandLine=large))
        assert (refused.status, refused.json()["error"]["code"]) == (503, "ServiceUnavailable")
        assert "full" in refused.json()["error"]["message"]
        assert int(refused.headers["retry-after"]) > 0
        assert ground.cloud.accounting(ground.tenant) == (1, 1, 0)
        device = ground.cloud.device(ground.tenant, "lin-1")
        assert device is not None
        assert (await ground.poll()).status == 200
        await store.commit(_set_size(100_000))
        again = await ground.report(ground.event(2, "ProcessCreated", CommandLine=large))
        assert again.json() == {"stored": 1, "duplicates": 0}
        assert ground.cloud.accounting(ground.tenant) == (2, 2, 0)

    on_cloud(tmp_path, story)


def test_tokens_never_reach_the_disk(tmp_path: Path) -> None:
    async def story(ground: Ground) -> None:
        token = await ground.enrol()
        rows = ground.cloud._store.read("SELECT id, document FROM records")
        assert [row[0] for row in rows] == [MACHINE]
        assert all(token.encode() not in bytes(str(row[1]), "utf-8") for row in rows)
        for file in (tmp_path / "cloud").iterdir():
            assert token.encode() not in file.read_bytes()
            assert ground.app[1].encode() not in file.read_bytes()

    on_cloud(tmp_path, story)
