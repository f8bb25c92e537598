"""The rows of cyber telemetry: a report as it arrived, and one row for each event id, stored once a tenant.

Reports that arrive while a commit is under way are written together, by two statements for all of them: each step of
SQLite hands the interpreter to the event loop's thread and back, so steps are what costs.
"""

import asyncio
import sqlite3
import threading
from collections.abc import Sequence
from datetime import datetime
from itertools import groupby

import msgspec

from mdelab.cloud.store import MOST_IN_ONE_COMMIT, Store

_MOST_BYTES = 8 << 20
"""Of bodies in one batch."""

_encode = msgspec.json.Encoder().encode


class Committed(msgspec.Struct, frozen=True):
    """What one report added."""

    new: Sequence[str]
    """Ids that were not there before."""
    duplicates: int


class _Row(msgspec.Struct, frozen=True):
    """A report that waits for its commit."""

    tenant: str
    endpoint: str
    machine: str
    received: str
    ids: list[str]
    """Of its events."""
    body: bytes
    done: "asyncio.Future[Committed | None]"
    """None when the batch that it was in could not be committed."""


class Telemetry:
    """Reports and events of all tenants."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._open: list[_Row] | None = None
        """The batch that reports join until the writer's thread takes it."""
        self._open_bytes = 0
        self._lock = threading.Lock()
        """Held while a report joins the open batch, and while that is closed."""
        self._last_report = 0
        """The highest report number given; the writer's thread alone uses it."""

    async def add(
        self, tenant: str, endpoint: str, machine: str, now: datetime, ids: list[str], body: bytes
    ) -> Committed:
        """Commit a report; returns after the commit. Raises StoreUnavailable, and then nothing of it was kept.

        endpoint: its name in the tenant. ids: of its events. body: the report as it arrived, with its events.
        """
        done: asyncio.Future[Committed | None] = asyncio.get_running_loop().create_future()
        row = _Row(tenant, endpoint, machine, now.isoformat(), ids, body, done)
        with self._lock:
            batch = self._open
            has_room = batch is not None and len(batch) < MOST_IN_ONE_COMMIT and self._open_bytes < _MOST_BYTES
            if batch is not None and has_room:
                batch.append(row)
                self._open_bytes += len(body)
        if not has_room:
            # Only this thread opens a batch, and the writer does not know it yet.
            self._open, self._open_bytes = [row], len(body)
            self._hand_in(self._open)
        committed = await done
        if committed is None:
            # What was too much together, or failed because of one, may do alone.
            return await self._store.commit(lambda connection: self._insert(connection, [row])[0])
        return committed

    def stored(self, tenant: str, endpoint: str = "") -> int:
        """How many different events are committed: counted over the rows."""
        if not endpoint:
            rows = self._store.read("SELECT COUNT(*) FROM events WHERE tenant = ?", (tenant,))
        else:
            rows = self._store.read(
                "SELECT COUNT(*) FROM events JOIN reports ON reports.id = events.report"
                " WHERE events.tenant = ? AND reports.endpoint = ?",
                (tenant, endpoint),
            )
        return int(str(rows[0][0]))

    def report_with(self, tenant: str, machine: str, event: str) -> bytes | None:
        """The report of a machine, as it arrived, that brought the event with this id."""
        rows = self._store.read(
            "SELECT reports.body FROM events JOIN reports ON reports.id = events.report"
            " WHERE events.tenant = ? AND events.id = ? AND reports.machine = ?",
            (tenant, event, machine),
        )
        return rows[0][0] if rows and isinstance(rows[0][0], bytes) else None

    def _hand_in(self, batch: list[_Row]) -> None:
        def write(connection: sqlite3.Connection) -> list[Committed]:
            with self._lock:
                if self._open is batch:
                    self._open = None
            return self._insert(connection, batch)

        def tell(committed: "asyncio.Future[list[Committed]]") -> None:
            results = [None] * len(batch) if committed.exception() else committed.result()
            for row, result in zip(batch, results, strict=True):
                if not row.done.done():
                    row.done.set_result(result)

        self._store.hand_in(write).add_done_callback(tell)

    def _insert(self, connection: sqlite3.Connection, rows: list[_Row]) -> list[Committed]:
        """Insert reports and events; returns what each report added."""
        if not self._last_report:
            self._last_report = connection.execute("SELECT COALESCE(MAX(id), 0) FROM reports").fetchone()[0]
        rows_of_tenant = [list(group) for _, group in groupby(rows, key=_tenant)]
        results = []
        for group in rows_of_tenant:
            # Numbers are not used again when this is undone: gaps do no harm.
            first = self._last_report + 1
            self._last_report += len(group)
            if _insert_all(connection, group, first) == sum([len(row.ids) for row in group]):
                results += [Committed(row.ids, 0) for row in group]
            else:
                results += [_split(connection, row, first + place) for place, row in enumerate(group)]
        return results


def _insert_all(connection: sqlite3.Connection, rows: list[_Row], first: int) -> int:
    """Insert reports of one tenant with numbers from `first` on; returns how many events were new."""
    columns, at = [], 1
    for row in rows:
        columns.append((row.endpoint, row.machine, row.received, at, len(row.body)))
        at += len(row.body)
    # The bodies come as one value, because JSON has no bytes.
    connection.execute(
        "INSERT INTO reports (id, tenant, endpoint, machine, received, body) SELECT ?1 + key, ?2, value ->> 0,"
        " value ->> 1, value ->> 2, substr(?3, value ->> 3, value ->> 4) FROM json_each(?4)",
        (first, rows[0].tenant, b"".join([row.body for row in rows]), _encode(columns).decode()),
    )
    return connection.execute(
        "INSERT OR IGNORE INTO events (tenant, id, report) SELECT ?, ids.value, ? + lists.key"
        " FROM json_each(?) AS lists, json_each(lists.value) AS ids",
        (rows[0].tenant, first, _encode([row.ids for row in rows]).decode()),
    ).rowcount


def _tenant(row: _Row) -> str:
    return row.tenant


def _split(connection: sqlite3.Connection, row: _Row, report: int) -> Committed:
    """Tell new events from repeats, of which a report can hold some by itself."""
    new = connection.execute(
        "SELECT DISTINCT value FROM json_each(?) JOIN events ON events.tenant = ? AND events.id = value AND report = ?",
        (_encode(row.ids).decode(), row.tenant, report),
    ).fetchall()
    if not new:
        # Nothing points to this report: it is a repeat of one that is there.
        connection.execute("DELETE FROM reports WHERE id = ?", (report,))
    return Committed([str(one[0]) for one in new], len(row.ids) - len(new))
