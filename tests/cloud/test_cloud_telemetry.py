"""Reports that are written together: each learns what it alone added, and one that fails takes no other with it."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mdelab.cloud.store import Store, StoreUnavailable
from mdelab.cloud.telemetry import Committed, Telemetry

NOW = datetime(2026, 1, 5, tzinfo=UTC)


def _on_telemetry(path: Path, story: Callable[[Telemetry, Store], Awaitable[None]]) -> None:
    async def run() -> None:
        store = Store(path)
        await store.open()
        try:
            await asyncio.wait_for(story(Telemetry(store), store), 30)
        finally:
            await store.close()

    asyncio.run(run())


async def _add(telemetry: Telemetry, tenant: str, endpoint: str, *ids: str, body: bytes = b"{}") -> Committed:
    return await telemetry.add(tenant, endpoint, "ab" * 20, NOW, list(ids), body)


def test_reports_that_arrive_together_keep_their_own_rows(tmp_path: Path) -> None:
    async def story(telemetry: Telemetry, store: Store) -> None:
        bodies = [f'{{"report": "{number}ß\\0"}}'.encode() for number in range(100)]
        added = await asyncio.gather(
            *(
                _add(telemetry, f"t{number % 3}", f"lin-{number}", f"{number}-a", f"{number}-b", body=body)
                for number, body in enumerate(bodies)
            )
        )
        assert [set(one.new) for one in added] == [{f"{number}-a", f"{number}-b"} for number in range(100)]
        rows = store.read(
            "SELECT events.id, reports.tenant, reports.endpoint, reports.machine, reports.received, reports.body"
            " FROM events JOIN reports ON reports.id = events.report AND reports.tenant = events.tenant"
        )
        assert set(rows) == {
            (f"{number}-{letter}", f"t{number % 3}", f"lin-{number}", "ab" * 20, NOW.isoformat(), body)
            for number, body in enumerate(bodies)
            for letter in "ab"
        }
        assert store.commits < 100

    _on_telemetry(tmp_path / "cloud.sqlite", story)


_reports = st.lists(
    st.tuples(st.sampled_from(["t1", "t2"]), st.lists(st.sampled_from("abcdef"), max_size=5)), max_size=12
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(waves=st.lists(_reports, max_size=3))
def test_each_id_is_new_once_a_tenant_whatever_arrives_together(
    tmp_path_factory: pytest.TempPathFactory, waves: list[list[tuple[str, list[str]]]]
) -> None:
    async def story(telemetry: Telemetry, store: Store) -> None:
        known: dict[str, list[str]] = {"t1": [], "t2": []}
        for wave in waves:
            added = await asyncio.gather(*(_add(telemetry, tenant, "lin-1", *ids) for tenant, ids in wave))
            for (tenant, ids), one in zip(wave, added, strict=True):
                assert len(one.new) + one.duplicates == len(ids)
                assert set(one.new) <= set(ids)
                known[tenant] += one.new
        for tenant, ids in known.items():
            sent = {one for wave in waves for name, more in wave for one in more if name == tenant}
            assert sorted(ids) == sorted(sent)
            assert telemetry.stored(tenant) == telemetry.stored(tenant, "lin-1") == len(sent)
        assert store.read(
            "SELECT COUNT(*) FROM events LEFT JOIN reports ON reports.id = events.report WHERE reports.id IS NULL"
        ) == [(0,)]

    _on_telemetry(tmp_path_factory.mktemp("store") / "cloud.sqlite", story)


def test_a_report_that_does_not_fit_on_the_disk_takes_no_other_with_it(tmp_path: Path) -> None:
    async def story(telemetry: Telemetry, store: Store) -> None:
        await _add(telemetry, "t", "lin-1", "first")
        [(pages,)] = store.read("PRAGMA page_count")
        await store.commit(lambda connection: connection.execute(f"PRAGMA max_page_count = {int(str(pages)) + 8}"))
        small, large, other = await asyncio.gather(
            _add(telemetry, "t", "lin-1", "small"),
            _add(telemetry, "t", "lin-1", "large", body=b"x" * 500_000),
            _add(telemetry, "t", "lin-1", "other"),
            return_exceptions=True,
        )
        assert isinstance(large, StoreUnavailable)
        assert [small, other] == [Committed(["small"], 0), Committed(["other"], 0)]
        assert sorted(store.read("SELECT id FROM events")) == [("first",), ("other",), ("small",)]
        assert store.read("SELECT COUNT(*) FROM reports") == [(3,)]

    _on_telemetry(tmp_path / "cloud.sqlite", story)


def test_a_waiter_that_is_cancelled_does_not_hold_up_the_others(tmp_path: Path) -> None:
    async def story(telemetry: Telemetry, _: Store) -> None:
        gone = asyncio.ensure_future(_add(telemetry, "t", "lin-1", "a"))
        stays = asyncio.ensure_future(_add(telemetry, "t", "lin-1", "b"))
        await asyncio.sleep(0)
        gone.cancel()
        assert (await stays).new == ["b"]
        assert gone.cancelled()
        assert telemetry.stored("t") == 2

    _on_telemetry(tmp_path / "cloud.sqlite", story)


def test_reports_of_a_store_that_was_there_before_keep_their_numbers(tmp_path: Path) -> None:
    async def story(telemetry: Telemetry, store: Store) -> None:
        before = telemetry.stored("t")
        added = await asyncio.gather(
            _add(telemetry, "t", "lin-1", f"new-{before}"), _add(telemetry, "t", "lin-2", "old")
        )
        assert [one.duplicates for one in added] == [0, 1 if before else 0]
        assert store.read("SELECT COUNT(*) FROM reports") == [(3 if before else 2,)]

    for _ in range(2):
        _on_telemetry(tmp_path / "cloud.sqlite", story)
