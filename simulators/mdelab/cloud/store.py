"""The cloud's SQLite file: one writer thread, group commit, and the rule that acknowledged means committed.

Jobs from the event loop are collected while a commit is under way and share the next one. A job is answered after the
commit that holds it, or with StoreUnavailable when there is none; then nothing of it was kept. What the rows mean is
not known here, see `telemetry.py` and `estate.py`.
"""

import asyncio
import contextlib
import queue
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")
Job = Callable[[sqlite3.Connection], T]
"""Runs in the writer thread inside a transaction. It may run twice: when a neighbour's failure undid the first run."""

MOST_IN_ONE_COMMIT = 512
"""Bounds how long the first job of a group waits for the last."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS reports (
    id INTEGER PRIMARY KEY, tenant TEXT NOT NULL, endpoint TEXT NOT NULL, machine TEXT NOT NULL, received TEXT NOT NULL,
    body BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS reports_of ON reports (tenant, endpoint);
CREATE TABLE IF NOT EXISTS events (
    tenant TEXT NOT NULL, id TEXT NOT NULL, report INTEGER NOT NULL, PRIMARY KEY (tenant, id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS records (
    tenant TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL, document BLOB NOT NULL,
    PRIMARY KEY (tenant, kind, id)) WITHOUT ROWID;
"""


class StoreUnavailable(Exception):
    """The store could not commit (a full or failing disk); nothing of the job was kept."""


class _Task:
    __slots__ = ("error", "future", "job", "result")

    def __init__(self, job: Job[object], future: "asyncio.Future[object]") -> None:
        self.job = job
        self.future = future
        self.result: object = None
        self.error: BaseException | None = None


class Store:
    """Opened by `open`, used from one event loop, closed by `close`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._queue: queue.SimpleQueue[_Task | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="mdelab cloud store", daemon=True)
        self.commits = 0
        """How many transactions were committed; group commit makes this smaller than the number of jobs."""

    async def open(self) -> None:
        """Make the file and start the writer. Raises StoreUnavailable when the folder cannot be written."""
        self._loop = asyncio.get_running_loop()
        try:
            self._writer = self._connect()
            self._writer.executescript(_SCHEMA)
            self._reader = self._connect()
        except sqlite3.Error as error:
            raise StoreUnavailable(f"the cloud's store {str(self._path)!r} cannot be opened: {error}") from error
        self._thread.start()

    async def close(self) -> None:
        """Commit what was handed in, and stop."""
        if self._thread.is_alive():
            self._queue.put(None)
            await asyncio.to_thread(self._thread.join)
        self._writer.close()
        self._reader.close()

    async def commit(self, job: Job[T]) -> T:
        """Run `job` and return its result once it is on the disk. Raises StoreUnavailable."""
        return await self.hand_in(job)

    def hand_in(self, job: Job[T]) -> "asyncio.Future[T]":
        """The same without waiting; the future gives the job's result, or its StoreUnavailable."""
        future: asyncio.Future[T] = self._loop.create_future()
        self._queue.put(_Task(job, future))  # type: ignore[arg-type]  # T is the job's own
        return future

    def commit_later(self, job: Job[object]) -> "asyncio.Future[object]":
        """Hand `job` in without waiting; a failure is dropped, so only for what may fail."""
        future = self.hand_in(job)
        future.add_done_callback(lambda done: None if done.cancelled() else done.exception())
        return future

    def read(self, query: str, parameters: tuple[object, ...] = ()) -> list[tuple[object, ...]]:
        """Rows of committed data. Runs on the caller's thread: for small answers."""
        try:
            return self._reader.execute(query, parameters).fetchall()
        except sqlite3.Error as error:
            raise StoreUnavailable(f"the cloud's store cannot be read: {error}") from error

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False, cached_statements=64)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA busy_timeout = 5000")
        return connection

    def _run(self) -> None:
        is_open = True
        while is_open:
            group = [self._queue.get()]
            with contextlib.suppress(queue.Empty):
                while len(group) < MOST_IN_ONE_COMMIT:
                    group.append(self._queue.get_nowait())
            tasks = [task for task in group if task is not None]
            is_open = len(tasks) == len(group)
            if not self._attempt(tasks):
                # One bad job must not take its neighbours with it; on a full disk each fails by itself.
                for task in tasks:
                    self._attempt([task])
            # A closed loop waits for nothing any more.
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(_deliver, tasks)

    def _attempt(self, tasks: list[_Task]) -> bool:
        """Run `tasks` in one transaction; whether it was committed."""
        try:
            self._writer.execute("BEGIN IMMEDIATE")
            for task in tasks:
                task.error = None
                task.result = task.job(self._writer)
            self._writer.execute("COMMIT")
        except Exception as error:  # whatever a job raises is its caller's, not the thread's
            with contextlib.suppress(sqlite3.Error):
                if self._writer.in_transaction:
                    self._writer.execute("ROLLBACK")
            for task in tasks:
                task.result, task.error = None, error
            return False
        self.commits += 1
        return True


def _deliver(tasks: list[_Task]) -> None:
    for task in tasks:
        if task.future.done():
            continue
        if task.error is None:
            task.future.set_result(task.result)
        elif isinstance(task.error, sqlite3.Error):
            failure = StoreUnavailable(f"the cloud's store could not commit: {task.error}")
            failure.__cause__ = task.error
            task.future.set_exception(failure)
        else:
            task.future.set_exception(task.error)
