"""The rows of cyber telemetry: a report as it arrived, and one row for each event id, stored once a tenant."""

import sqlite3
from dataclasses import dataclass
from datetime import datetime

import msgspec

from mdelab.cloud.store import Store
from mdelab.model.channel import Event


@dataclass(frozen=True, slots=True)
class Committed:
    """What one report added."""

    new: tuple[Event, ...]
    duplicates: int


class Telemetry:
    """Reports and events of all tenants."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def add(
        self, tenant: str, endpoint: str, machine: str, now: datetime, events: tuple[Event, ...], body: bytes
    ) -> Committed:
        """Commit a report; returns after the commit. Raises StoreUnavailable, and then nothing of it was kept.

        endpoint: its name in the tenant. body: the report as it arrived; its events are read from there again.
        """
        received = now.isoformat()
        ids = msgspec.json.encode([event.id for event in events]).decode()

        def job(connection: sqlite3.Connection) -> Committed:
            cursor = connection.execute(
                "INSERT INTO reports (tenant, endpoint, machine, received, body) VALUES (?, ?, ?, ?, ?)",
                (tenant, endpoint, machine, received, body),
            )
            report = cursor.lastrowid
            # One statement for all: each step of SQLite hands the interpreter to the event loop's thread and back.
            added = cursor.execute(
                "INSERT OR IGNORE INTO events (tenant, id, report) SELECT ?, value, ? FROM json_each(?)",
                (tenant, report, ids),
            ).rowcount
            if added == len(events):
                return Committed(events, 0)
            return _split(connection, tenant, report, events, added)

        return await self._store.commit(job)

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


def _split(
    connection: sqlite3.Connection, tenant: str, report: int | None, events: tuple[Event, ...], added: int
) -> Committed:
    """Tell new events from repeats; a report that holds an id twice has it once among the new ones."""
    own: set[str] = set()
    if added:
        for event in events:
            row = connection.execute(
                "SELECT 1 FROM events WHERE tenant = ? AND id = ? AND report = ?", (tenant, event.id, report)
            ).fetchone()
            if row:
                own.add(event.id)
    else:
        # Nothing points to this report: it is a repeat of one that is there.
        connection.execute("DELETE FROM reports WHERE id = ?", (report,))
    new = {event.id: event for event in events if event.id in own}
    return Committed(tuple(new.values()), len(events) - added)
